"""Clean records keep to the contract, field by field and row by row."""

import re

import pandas as pd
import pytest

from pipelines.contracts import FEEDS

TOKENS = {"", ".a", ".p", ".d", ".u", ".n"}
FIELDS = [(feed.name, field.name) for feed in FEEDS.values() for field in feed.fields]


def values_of(column: pd.Series) -> pd.Series:
    return column[~column.isin(TOKENS)]


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_has_every_field_in_the_contracts_order(feeds, name):
    assert list(feeds[name].columns) == list(FEEDS[name].columns)
    assert len(feeds[name]) > 0


@pytest.mark.parametrize(("feed", "name"), FIELDS)
def test_every_value_is_one_that_the_contract_allows(feeds, feed, name):
    field = next(one for one in FEEDS[feed].fields if one.name == name)
    column = feeds[feed][name]
    values = values_of(column)
    assert len(values) > 0, "the simulator never fills this field"
    if field.is_required:
        assert len(values) == len(column)
    if field.type == "set":
        words = {word for value in values.unique() for word in value.split(";")}
        assert words <= {*field.codes, "none"}
    elif field.codes:
        assert set(values.unique()) <= set(field.codes)
    elif field.type in ("int", "float"):
        numbers = pd.to_numeric(values)
        assert numbers.min() >= field.low
        assert numbers.max() <= field.high
        assert field.type == "float" or values.str.fullmatch("-?[0-9]+").all()
    else:
        assert values.map(lambda value: re.fullmatch(field.pattern, value) is not None).all()


@pytest.mark.parametrize("name", FEEDS)
def test_keys_are_unique_and_children_have_parents(feeds, name):
    feed = FEEDS[name]
    assert not feeds[name].duplicated(list(feed.key)).any()
    if feed.parent is not None:
        assert feeds[name][feed.parent_key].isin(feeds[feed.parent][feed.parent_key]).all()


@pytest.mark.parametrize("token", [".a", ".p", ".d", ".u", ".n"])
def test_every_reason_for_missing_occurs(feeds, token):
    assert any((frame == token).any().any() for frame in feeds.values())


def test_a_keyed_column_holds_nothing_that_looks_like_a_date_or_a_name(feeds):
    intake = feeds["intake"]
    assert intake["patient_key"].str.fullmatch("[0-9a-f]{64}").all()
    assert intake["index_period"].str.fullmatch("20[0-9]{2}-Q[1-4]").all()
    assert intake["clinic_code"].str.fullmatch("C[0-9]{3}").all()

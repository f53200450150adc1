from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import NightFailed, UsageError
from pipelines.privacy.complementary import Total
from pipelines.privacy.disclosure import Declared, declared, is_released, release, release_table, wilson_percent
from pipelines.privacy.flows import Flow
from pipelines.privacy.profiles import CMS, INTERNAL, NHS_HES, PROFILES, Profile, profile_of
from pipelines.tables import SqlFile

PROFILE = st.sampled_from(list(PROFILES.values()))
COUNTS = st.lists(st.integers(0, 3000), min_size=1, max_size=20)
SMALL_PAIR = st.integers(0, 400).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


def released_pair(part: int, whole: int, profile: Profile = NHS_HES) -> dict[str, Any]:
    frame = pd.DataFrame({"part": [part], "whole": [whole]})
    row = release(frame, counts=["whole"], parts=[("part", "whole")], profile=profile).iloc[0]
    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


@given(COUNTS, PROFILE)
def test_every_shown_count_is_0_or_a_rounded_count_that_is_large_enough(counts: list[int], profile: Profile) -> None:
    released = release(pd.DataFrame({"n": counts}), counts=["n"], parts=[], profile=profile)
    assert is_released(released, ["n"], profile)
    for exact, shown, is_hidden in zip(counts, released["n"], released["n_is_suppressed"], strict=True):
        assert is_hidden == (0 < exact < profile.smallest_shown)
        assert pd.isna(shown) == is_hidden
        assert is_hidden or abs(shown - exact) <= profile.rounded_to / 2


@given(COUNTS)
def test_releasing_what_is_released_changes_nothing(counts: list[int]) -> None:
    once = release(pd.DataFrame({"n": counts}), counts=["n"], parts=[])
    assert release(once[["n"]], counts=["n"], parts=[])["n"].equals(once["n"])


@given(st.integers(1, 7), st.integers(1, 7))
def test_two_hidden_counts_look_the_same(one: int, other: int) -> None:
    first, second = (release(pd.DataFrame({"n": [n]}), counts=["n"], parts=[]) for n in (one, other))
    assert first.equals(second)


@given(SMALL_PAIR)
def test_a_part_is_hidden_when_it_or_what_is_left_or_its_whole_is_small(pair: tuple[int, int]) -> None:
    part, whole = pair
    row = released_pair(part, whole)
    is_small = any(NHS_HES.hides(count) for count in (part, whole - part, whole))
    assert row["part_is_suppressed"] == is_small
    assert (row["part"] is None) == is_small


@given(SMALL_PAIR)
def test_nobody_and_everybody_are_said_in_the_same_words_as_a_hidden_few(pair: tuple[int, int]) -> None:
    _, whole = pair
    said = {released_pair(part, whole)["part_percent_words"] for part in range(min(7, whole // 2 - 4) + 1)}
    rest = {released_pair(whole - part, whole)["part_percent_words"] for part in range(min(7, whole // 2 - 4) + 1)}
    assert len(said) <= 1
    assert len(rest) <= 1


@given(SMALL_PAIR)
def test_the_words_for_a_share_are_true(pair: tuple[int, int]) -> None:
    part, whole = pair
    words = released_pair(part, whole)["part_percent_words"]
    if words is None or whole == 0:
        return
    share, bound = 100 * part / whole, int(words.strip("<> %"))
    if words.startswith("<"):
        assert share < bound
    elif words.startswith(">"):
        assert share > bound


@given(SMALL_PAIR, PROFILE)
def test_a_percentage_comes_with_an_interval_that_holds_it_and_is_never_0_or_100(
    pair: tuple[int, int], profile: Profile
) -> None:
    row = released_pair(*pair, profile=profile)
    if row["part_percent"] is None:
        assert row["part_percent_lower"] is None
        assert row["part_percent_upper"] is None
        return
    assert 0 < row["part_percent"] < 100
    assert row["part_percent_lower"] <= row["part_percent"] <= row["part_percent_upper"]


@given(SMALL_PAIR)
def test_the_percentage_depends_on_the_rounded_counts_alone(pair: tuple[int, int]) -> None:
    row = released_pair(*pair)
    if row["part_percent"] is not None:
        assert row["part_percent"] == round(100 * row["part"] / row["whole"])


@given(st.lists(st.integers(0, 60), min_size=2, max_size=6))
def test_a_hidden_count_is_never_pinned_down_by_the_rounded_total(counts: list[int]) -> None:
    """What the total and the other counts leave possible for one hidden count holds at least two values."""
    hidden = [count for count in counts if NHS_HES.hides(count)]
    if len(hidden) != 1:
        return
    total = NHS_HES.rounded(sum(counts))
    possible = set()
    shown = sum(NHS_HES.rounded(count) for count in counts if count not in hidden)
    slack = 2 * sum(1 for count in counts if count not in hidden and count) + 2
    for candidate in range(1, 8):
        if total - slack <= shown + candidate <= total + slack:
            possible.add(candidate)
    assert len(possible) >= 2


@pytest.mark.parametrize(("part", "whole", "expected"), [(50, 100, (40, 60)), (10, 100, (6, 17)), (81, 263, (26, 37))])
def test_wilson_intervals_are_those_of_the_textbook(part: int, whole: int, expected: tuple[int, int]) -> None:
    """81 of 263: 25.5 to 36.6 % (Newcombe, Stat Med 17:857, 1998, table I, method 3)."""
    assert wilson_percent(part, whole) == expected


def test_a_missing_count_stays_missing_and_is_not_called_hidden() -> None:
    released = release(pd.DataFrame({"n": [None, 12]}), counts=["n"], parts=[])
    assert released["n"].isna().tolist() == [True, False]
    assert released["n_is_suppressed"].tolist() == [False, False]


def test_other_columns_pass_and_every_count_says_whether_it_was_hidden() -> None:
    frame = pd.DataFrame({"clinic_code": ["C001"], "n": [3], "n_due": [40], "n_done": [20]})
    released = release(frame, counts=["n"], parts=[("n_done", "n_due")])
    assert released["clinic_code"].tolist() == ["C001"]
    assert {"n_is_suppressed", "n_due_is_suppressed", "n_done_is_suppressed"} <= set(released.columns)
    assert released["n_done_percent_words"].tolist() == ["50 %"]


@pytest.mark.parametrize("count", [-1, 2.5])
def test_a_count_that_is_no_count_is_refused(count: float) -> None:
    with pytest.raises(NightFailed, match="must be a count"):
        release(pd.DataFrame({"n": [count]}), counts=["n"], parts=[])


def test_a_part_larger_than_its_whole_is_refused() -> None:
    with pytest.raises(NightFailed, match="larger than its whole"):
        released_pair(30, 20)


def test_a_column_that_is_not_there_is_refused_with_its_name() -> None:
    with pytest.raises(NightFailed, match="no column n_due"):
        release(pd.DataFrame({"n": [9]}), counts=["n_due"], parts=[])


@pytest.mark.parametrize(("profile", "hidden", "shown"), [(NHS_HES, 7, 8), (CMS, 10, 11), (INTERNAL, 4, 5)])
def test_each_profile_hides_up_to_its_own_limit(profile: Profile, hidden: int, shown: int) -> None:
    released = release(pd.DataFrame({"n": [hidden, shown]}), counts=["n"], parts=[], profile=profile)
    assert released["n"].isna().tolist() == [True, False]


@pytest.mark.parametrize("count", [1, 5, 7, 8, 12, 101])
def test_an_exact_count_is_not_taken_for_released(count: int) -> None:
    assert not is_released(pd.DataFrame({"n": [count]}), ["n"])


def query(*directives: tuple[str, str]) -> SqlFile:
    return SqlFile("report", "made_up", "select 1", "One row a clinic, made up.", directives, ())


def test_the_header_of_a_query_says_what_is_counted() -> None:
    file = query(
        ("key", "clinic_code"),
        ("count", "n, n_due"),
        ("part", "n_done of n_due"),
        ("figure", "mean, median of n"),
        ("sum", "clinic_code to network"),
        ("sum", "level of group_name to all"),
        ("flow", "n from n_due by step_no"),
    )
    assert declared(file) == Declared(
        counts=("n", "n_due"),
        parts=(("n_done", "n_due"),),
        figures=(("mean", "n"), ("median", "n")),
        totals=(Total("clinic_code", "network"), Total("level", "all", of="group_name")),
        flows=(Flow("n", "n_due", "step_no"),),
        key=("clinic_code",),
    )


@pytest.mark.parametrize("line", [("sum", "clinic_code"), ("part", "n_done"), ("flow", "n by step_no")])
def test_a_line_of_a_header_that_cannot_be_read_is_refused(line: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="is expected"):
        declared(query(("key", "clinic_code"), line))


def test_a_whole_number_column_that_no_line_declares_does_not_leave() -> None:
    frame = pd.DataFrame({"clinic_code": ["C001"], "n_secret": [3]})
    with pytest.raises(NightFailed, match="column n_secret holds whole numbers but is not declared"):
        release_table(frame, query(("key", "clinic_code")))


def test_keys_and_measures_are_no_counts() -> None:
    frame = pd.DataFrame({"day": [3], "median_day": [4], "share_percent": [6]})
    assert release_table(frame, query(("key", "day"))).equals(frame)


def plain(column: "pd.Series[Any]") -> list[Any]:
    return [None if pd.isna(value) else value for value in column]


def test_the_profile_is_that_of_the_configuration_and_nhs_hes_without_one(tmp_path: Path) -> None:
    assert profile_of(tmp_path) is NHS_HES
    (tmp_path / "stepcare.toml").write_text("[disclosure]\nprofile = 'cms'\n")
    assert profile_of(tmp_path) is CMS
    (tmp_path / "stepcare.toml").write_text("[disclosure]\nprofile = 'none'\n")
    with pytest.raises(UsageError, match="must be one of nhs_hes, cms, internal"):
        profile_of(tmp_path)


CLINICS = {"clinic_code": ["A", "B", "C", "network"], "n": [6, 22, 92, 120], "mean": [1.0, 2.0, 3.0, 2.5]}
CLINIC_HEADER = (("key", "clinic_code"), ("count", "n"), ("figure", "mean of n"), ("sum", "clinic_code to network"))


def test_a_count_that_a_hidden_one_could_be_worked_out_from_is_hidden_with_its_figures() -> None:
    shown = release_table(pd.DataFrame(CLINICS), query(*CLINIC_HEADER))
    assert plain(shown["n"]) == [None, None, 90, 120]
    assert shown["mean"].isna().tolist() == [True, True, False, False]
    alone = release_table(pd.DataFrame(CLINICS), query(*CLINIC_HEADER[:3]))
    assert plain(alone["n"]) == [None, 20, 90, 120]


def test_rows_that_count_more_than_their_total_stop_the_night() -> None:
    frame = pd.DataFrame(CLINICS | {"n": [6, 22, 93, 120]})
    with pytest.raises(NightFailed, match="count more than their total 'network'"):
        release_table(frame, query(*CLINIC_HEADER))


def test_a_part_that_is_hidden_to_protect_another_tells_no_percentage_in_words() -> None:
    frame = pd.DataFrame(
        {"clinic_code": ["A", "B", "C", "network"], "n": [200, 200, 200, 600], "n_met": [6, 22, 92, 120]}
    )
    header = (("key", "clinic_code"), ("part", "n_met of n"), ("sum", "clinic_code to network"))
    shown = release_table(frame, query(*header))
    assert plain(shown["n_met"]) == [None, None, 90, 120]
    assert plain(shown["n"]) == [200, 200, 200, 600]
    assert plain(shown["n_met_percent_words"]) == ["<5 %", None, "45 %", "20 %"]
    assert shown["n_met_percent"].isna().tolist() == [True, True, False, False]


def test_who_a_step_left_out_cannot_be_had_from_who_remained() -> None:
    frame = pd.DataFrame({"step_no": [0, 1, 2, 3], "out": [0, 3, 40, 50], "left": [300, 297, 257, 207]})
    header = (("key", "step_no"), ("count", "out, left"), ("flow", "out from left by step_no"))
    shown = release_table(frame, query(*header))
    assert plain(shown["out"]) == [0, None, None, 50]
    assert plain(shown["left"]) == [300, None, 255, 205]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_hidden_does_not_depend_on_the_order_of_the_rows(seed: int) -> None:
    """Two clinics with one and the same smallest count: one of them is hidden, always the same."""
    codes = [f"C{number:03}" for number in range(4)]
    frame = pd.DataFrame({"clinic_code": [*codes, "network"], "n": [6, 22, 22, 22, 72]})
    header = (("key", "clinic_code"), ("count", "n"), ("sum", "clinic_code to network"))
    shuffled = frame.sample(frac=1, random_state=seed)
    profile = Profile("unrounded", smallest_shown=8, rounded_to=1)
    first, second = (release_table(one, query(*header), profile) for one in (frame, shuffled))
    assert plain(first["n"]) == [None, None, 22, 22, 72]
    assert second.sort_index().equals(first)

"""The checks of a night in its buckets: rows broken and checked add up over patients; what compares patients is counted here."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.contracts import FEEDS
from pipelines.engine.bucket_tables import Bucket, open_bucket
from pipelines.engine.night import EngineNight
from pipelines.quality.counting import FeedRows, checks_by_feed, counts_of_contract, feed_rows, open_lines
from pipelines.quality.kahn import Count
from pipelines.quality.rules import ByClinic, broken_rows, count_rules, counts_of_rules, rows_checked
from pipelines.tables import SqlFile, sql_files


@dataclass(frozen=True)
class CountTask:
    """A bucket whose checks are to be counted."""

    bucket: Bucket


@dataclass(frozen=True)
class BucketCounts:
    """What one bucket says: the figures of each feed, and rows broken and checked by rule and clinic. Never a row."""

    feeds: dict[str, FeedRows]
    broken: dict[str, ByClinic]
    checked: dict[str, ByClinic]


def patient_rules(rules: Sequence[SqlFile]) -> list[SqlFile]:
    """The rules whose rows depend on one patient's records, so that their counts add up."""
    return [rule for rule in rules if rule.scope == "patient"]


def count_bucket(task: CountTask) -> BucketCounts:
    """Every patient-scope check of one bucket. May be run twice: it writes nothing."""
    rules = patient_rules(sql_files("checks"))
    with open_bucket(task.bucket) as (con, _):
        return BucketCounts(
            feeds={name: feed_rows(con, FEEDS[name], checks) for name, checks in checks_by_feed().items()},
            broken=broken_rows(con, rules),
            checked=rows_checked(con, rules),
        )


def count_on_engine(night: EngineNight, con: duckdb.DuckDBPyConnection, rules: Sequence[SqlFile]) -> list[Count]:
    """Every check of the contract and of `rules`, as `quality.results.count_here` counts them, in buckets where that is equal."""
    patient = patient_rules(rules)
    read = {table for rule in patient for table in (*rule.reads, rule.one("table"))}
    read |= {f"{schema}.{feed}" for feed in FEEDS for schema in ("raw", "clean")} | {"clean.file", "cohort.episodes"}
    buckets, files = night.split(con)
    tasks = [CountTask(bucket) for bucket in night.buckets(con, sorted(read), buckets, files)]
    parts = night.pmap(count_bucket, tasks)
    feeds = {name: _added([part.feeds[name] for part in parts]) for name in parts[0].feeds}
    others = [rule for rule in rules if rule not in patient]
    return [
        *counts_of_contract(feeds, open_lines(con)),
        *counts_of_rules(patient, _summed([p.broken for p in parts]), _summed([p.checked for p in parts])),
        *count_rules(con, others),
    ]


def _added(parts: Sequence[FeedRows]) -> FeedRows:
    found: FeedRows = {}
    for part in parts:
        for clinic_code, figures in part.items():
            sums = found.setdefault(clinic_code, dict.fromkeys(figures, 0))
            for name, figure in figures.items():
                sums[name] += figure
    return dict(sorted(found.items()))


def _summed(parts: Sequence[dict[str, ByClinic]]) -> dict[str, ByClinic]:
    found: dict[str, ByClinic] = defaultdict(dict)
    for part in parts:
        for name, by_clinic in part.items():
            for clinic_code, n_rows in by_clinic.items():
                found[name][clinic_code] = found[name].get(clinic_code, 0) + n_rows
    return found

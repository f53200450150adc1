"""Read the evidence of deliveries from `raw.profile`, `raw.figure`, `raw.change`, `raw.header` and `raw.file`."""

from collections.abc import Mapping

import duckdb

from pipelines.drift.evidence import Change, Evidence, Place, Profile
from pipelines.drift.headers import Drift
from pipelines.drift.histograms import FIELDS, above
from pipelines.drift.likeness import Sums


def read_evidence(
    con: duckdb.DuckDBPyConnection, wanted: Mapping[tuple[str, str], bool], modes: Mapping[str, str]
) -> dict[tuple[str, str], Evidence]:
    """The evidence of each (delivery_key, reference); `reference` is '' for a clinic's first delivery.

    Of those that are wanted with False only what was new is read, not the profiles of all their values.
    """
    con.execute(
        "create or replace temp table wanted as "
        "select unnest($keys) as delivery_key, unnest($references) as reference, unnest($whole) as is_whole",
        {
            "keys": [key for key, _ in wanted],
            "references": [reference for _, reference in wanted],
            "whole": list(wanted.values()),
        },
    ).fetchall()
    values, rows, owners = _profiles(con)
    figures, changes, header, files = _figures(con), _changes(con), _header(con), _files(con)
    con.execute("drop table temp.wanted").fetchall()
    found = {}
    for key, reference in wanted:
        found[key, reference] = Evidence(
            mode=modes[key],
            rows=rows.get(key, {}),
            columns={feed: frozenset(columns) for feed, state, columns in files.get(key, []) if state != "blocked"},
            blocked=frozenset(feed for feed, state, _ in files.get(key, []) if state == "blocked"),
            values=values.get((key, ""), {}),
            new_values=values.get((key, reference), {}),
            figures=figures.get((key, ""), {}),
            new_figures=figures.get((key, reference), {}),
            changes=changes.get((key, reference), {}),
            header=header.get(key, []),
            owners=owners.get((key, ""), {}),
            new_owners=owners.get((key, reference), {}),
        )
    return found


_WANTED = "semi join wanted on wanted.delivery_key = found.delivery_key and found.reference in ('', wanted.reference)"


_Profiles = dict[tuple[str, str], dict[Place, Profile]]
_Owners = dict[tuple[str, str], dict[str, frozenset[int]]]


def _profiles(con: duckdb.DuckDBPyConnection) -> tuple[_Profiles, dict[str, dict[str, int]], _Owners]:
    """Profiles and owners by (delivery_key, reference), and rows by delivery_key and feed."""
    values: _Profiles = {}
    rows: dict[str, dict[str, int]] = {}
    owners: _Owners = {}
    for key, reference, feed, name, stratum, n_rows, n_given, n_outside, n_units, mean, bins in con.execute(
        "select delivery_key, reference, feed, field, stratum, n_rows, n_given, n_outside, n_units, mean, histogram "
        "from raw.profile as found semi join wanted on wanted.delivery_key = found.delivery_key and (found.reference = "
        "wanted.reference or (found.reference = '' and (wanted.is_whole or found.field = ''))) order by all"
    ).fetchall():
        if name:
            spec = FIELDS[feed, name]
            n_summed = sum(n for number, n in bins.items() if 0 < number <= above(spec)) if mean is not None else 0
            values.setdefault((key, reference), {})[feed, name, stratum] = Profile(
                n_given, n_outside, n_units, (mean or 0.0) * n_summed, n_summed, bins
            )
        else:
            owners.setdefault((key, reference), {})[feed] = frozenset(bins)
            if not reference:
                rows.setdefault(key, {})[feed] = n_rows
    return values, rows, owners


def _figures(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[Place, Sums]]:
    found: dict[tuple[str, str], dict[Place, Sums]] = {}
    for key, reference, feed, x, y, *sums in con.execute(
        "select delivery_key, reference, feed, x, y, n, n_owners, sum_x, sum_y, sum_xx, sum_yy, sum_xy, n_directed, n_opposite "
        f"from raw.figure as found {_WANTED}"
    ).fetchall():
        found.setdefault((key, reference), {})[feed, x, y] = Sums(*sums)
    return found


def _changes(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[tuple[str, str], Change]]:
    found: dict[tuple[str, str], dict[tuple[str, str], Change]] = {}
    for key, reference, feed, name, n_before, n_known, n_changed, mean_before, mean_after in con.execute(
        "select delivery_key, reference, feed, field, n_before, n_known, n_changed, mean_before, mean_after "
        f"from raw.change as found {_WANTED}"
    ).fetchall():
        change = Change(n_before or 0, n_known or 0, n_changed, mean_before, mean_after)
        found.setdefault((key, reference), {})[feed, name] = change
    return found


def _header(con: duckdb.DuckDBPyConnection) -> dict[str, list[Drift]]:
    found: dict[str, list[Drift]] = {}
    for key, *drift in con.execute(
        "select delivery_key, kind, feed, field, detail from raw.header as found "
        "semi join wanted on found.delivery_key = wanted.delivery_key order by all"
    ).fetchall():
        found.setdefault(key, []).append(Drift(*drift))
    return found


def _files(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str, list[str]]]]:
    found: dict[str, list[tuple[str, str, list[str]]]] = {}
    for key, feed, state, columns in con.execute(
        "select delivery_key, feed, state, columns from raw.file as found "
        "semi join wanted on found.delivery_key = wanted.delivery_key order by delivery_key, feed"
    ).fetchall():
        found.setdefault(key, []).append((feed, state, columns))
    return found

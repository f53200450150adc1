"""The rows of each feed as a delivery: CSV in the order of the pseudonyms, so that the order tells nothing of the source's."""

from pathlib import Path

from pipelines.casting import literal
from pipelines.contracts import FEEDS
from pipelines.exporting.records import LINKS, SAID_BY_US
from pipelines.exporting.staging import Staging

_MADE_FROM = {
    ("intake", "age_band"): ("birth_date", "age_years"),
    ("intake", "bmi"): ("weight_kg",),
    ("intake", "episode_duration_days"): ("onset_date",),
    ("session", "session_no"): ("attendance",),
    ("session", "duration_min"): ("ends_at",),
}
"""Fields that the export makes, with what of the source's it makes them from."""


def columns_to_write(staging: Staging, feed: str) -> tuple[str, ...]:
    """The contract's fields of the feed that the source speaks of, or that the contract requires, in the contract's order.

    What the source speaks of stays a column also where nobody has a value, so that deliveries of one clinic look alike.
    """
    mentioned = staging.mentioned[feed]
    return tuple(
        field.name
        for field in FEEDS[feed].fields
        if field.is_required
        or (field.name in mentioned and field.name not in LINKS[feed])
        or field.name in SAID_BY_US
        or mentioned.intersection(_MADE_FROM.get((feed, field.name), ()))
        or (feed == "outcome" and field.name in ("completed_day", "reason_missing"))
    )


def write_feeds(staging: Staging, folder: Path) -> dict[str, int]:
    """Write every feed that has rows, and every one that must be there, as CSV into `folder`; returns rows by file name."""
    n_rows = {}
    for feed in FEEDS.values():
        found = staging.con.execute(f"select count(*) from row_{feed.name}").fetchall()[0][0]
        if not found and not feed.is_mandatory:
            continue
        names = columns_to_write(staging, feed.name)
        path = folder / f"{feed.name}.csv"
        staging.con.execute(
            f"copy (select {', '.join(names)} from row_{feed.name} order by {', '.join(feed.key)}) "
            f"to {literal(str(path))} (format csv, header true)"
        ).fetchall()
        n_rows[path.name] = int(found)
    return n_rows

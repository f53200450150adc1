"""Which bucket a delivered row belongs to: all that hangs on one patient lies in one bucket, whatever was corrected since.

A row's key leads to its patient: a component to its session, a session to its episode, an episode to its patient. A correction
may move a key from one patient to another; then the rows of both patients lie together, so that the latest of them still wins.
Buckets follow from a hash of the patient's key, the same on every machine and in every night.
"""

from collections.abc import Iterable

import duckdb

from pipelines.contracts import FEEDS, Feed

_PARENTS = ("session", "imaging")
"""Feeds that others hang on beside intake. Their keys may be short, and are a clinic's own."""


def place_rows(con: duckdb.DuckDBPyConnection, buckets: int) -> None:
    """Make a temporary table `place_<feed>` (delivery_key, row_number, bucket) of every feed's rows in force.

    Reads `raw.<feed>` and `clean.file`. Rows with no patient of ours are spread by their own key: checks count them.
    """
    _label_episodes(con)
    for name in _PARENTS:
        _label_parents(con, FEEDS[name])
    _merge(con)
    for feed in FEEDS.values():
        con.execute(
            f"""
            create or replace temp table place_{feed.name} as
            select labelled.delivery_key, labelled.row_number,
                cast(coalesce(merged.root, labelled.label) % {buckets} as integer) as bucket
            from ({_labelled(feed)}) as labelled
            left join merged on labelled.label = merged.label
            """
        ).fetchall()


def _label_episodes(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"""
        create or replace temp table intake_link as
        select hash(said(raw_row.patient_key)) as above, hash(said(raw_row.episode_key)) as own
        from {_in_force(FEEDS["intake"])}
        """
    ).fetchall()
    con.execute(
        "create or replace temp table label_intake as select own, min(above) as label from intake_link group by own"
    ).fetchall()


def _label_parents(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """The label of a session or study is its episode's, the least of them when deliveries disagree."""
    con.execute(
        f"""
        create or replace temp table {feed.name}_link as
        select coalesce(episode.label, hash(said(raw_row.episode_key))) as above, {_own_key(feed.name)} as own
        from {_in_force(feed)}
        left join label_intake as episode on hash(said(raw_row.episode_key)) = episode.own
        """
    ).fetchall()
    con.execute(
        f"create or replace temp table label_{feed.name} as select own, min(above) as label from {feed.name}_link group by own"
    ).fetchall()


def _merge(con: duckdb.DuckDBPyConnection) -> None:
    """Make `merged` (label, root): labels that a key links, because a correction moved it, get one root."""
    pairs: list[tuple[int, int]] = []
    for name in ("intake", *_PARENTS):
        pairs += con.execute(
            f"select distinct link.above, key.label from {name}_link as link inner join label_{name} as key "
            "on link.own = key.own where link.above <> key.label"
        ).fetchall()
        con.execute(f"drop table {name}_link")
    con.execute("create or replace temp table merged (label ubigint, root ubigint)")
    if found := sorted(roots(pairs).items()):
        con.executemany("insert into merged values (?, ?)", [list(pair) for pair in found])


def roots(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The least label that each label is linked with, over any number of links; labels without a link are not named."""
    above: dict[int, int] = {}

    def root(label: int) -> int:
        while above.setdefault(label, label) != label:
            above[label] = above[above[label]]
            label = above[label]
        return label

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        above[high] = low
    return {label: root(label) for label in list(above)}


def _labelled(feed: Feed) -> str:
    """A query of (delivery_key, row_number, label) of a feed's rows in force."""
    parent = feed.name if feed.name in _PARENTS else feed.parent or "intake"
    own = _own_key(parent)
    return f"""
        select raw_row.delivery_key, raw_row.row_number, coalesce(key.label, {own}) as label
        from {_in_force(feed)}
        left join label_{parent} as key on {own} = key.own
    """


def _own_key(parent: str) -> str:
    if parent == "intake":
        return "hash(said(raw_row.episode_key))"
    return f"hash(file.clinic_code, said(raw_row.{FEEDS[parent].key[0]}))"


def _in_force(feed: Feed) -> str:
    return (
        f"raw.{feed.name} as raw_row inner join clean.file as file "
        f"on raw_row.delivery_key = file.delivery_key and file.feed = '{feed.name}'"
    )

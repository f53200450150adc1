"""A delivery of random records that keep the contract: every feed, columns as they come, tokens where a value may be missing."""

import random

from pipelines.contracts import FEEDS, Field
from tests.deliveries.clinics import Feeds, key
from tests.deliveries.reference_model import LAB, TOKENS


def any_feeds(rng: random.Random, clinic: str, n_episodes: int = 3) -> Feeds:
    """The mandatory feeds and some of the others; a column that need not be there is left out of half the files."""
    owners = {
        "episode_key": [key(clinic, "episode", number) for number in range(n_episodes)],
        "session_key": [key(clinic, "session", number) for number in range(n_episodes)],
        "imaging_key": [key(clinic, "imaging", number) for number in range(n_episodes)],
    }
    feeds: Feeds = {}
    for feed in FEEDS.values():
        if not feed.is_mandatory and rng.random() < 0.6:
            continue
        columns = [one for one in feed.fields if one.is_required or rng.random() < 0.5]
        feeds[feed.name] = [
            {one.name: _value(rng, one, clinic, owners, number) for one in columns} for number in range(n_episodes)
        ]
    for row in feeds.get("lab", []):
        (row["test"], row["unit"]), (low, high) = rng.choice(sorted(LAB.items()))
        row["value"] = str(rng.randint(low, high))
    return feeds


def _value(rng: random.Random, one: Field, clinic: str, owners: dict[str, list[str]], number: int) -> str:
    if one.name in owners:
        return owners[one.name][number]
    if one.name == "clinic_code":
        return clinic
    if one.name == "schema_version":
        return rng.choice(("1.0.0", "1.0.7", "1.4.2"))
    if not one.is_required and rng.random() < 0.2:
        return rng.choice(("", *TOKENS[:-1]))
    if one.type == "key":
        return {"patient_key": key(clinic, "patient", number), "index_period": rng.choice(("2025", "2026-Q1"))}.get(
            one.name, f"k{key(clinic, one.name, number)[:9]}"
        )
    if one.type == "int":
        return f"{rng.randint(int(one.low), int(one.high))}{rng.choice(('', '', '.0'))}"
    if one.type == "float":
        return f"{rng.uniform(one.low, one.high):.{rng.choice((0, 1, 4))}f}"
    if one.type == "set":
        return ";".join(rng.sample(one.codes, rng.randint(1, min(3, len(one.codes)))))
    return rng.choice(one.codes)

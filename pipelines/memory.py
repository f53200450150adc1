"""How much memory a night may take and how much it needs: a setting bounds it, DuckDB spills to the disk beyond its part.

What cannot spill is the estimates: the episodes of one trial and the models being fitted to them. So what a night needs follows
from how many episodes the deliveries in use hold, which is known before it starts.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.configuration import CONFIGURATION, read_section
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.deliveries.manifest import read_manifest
from pipelines.errors import DeliveryError, NightFailed
from pipelines.settings import Settings

BASE_BYTES = 1_500_000_000
BYTES_AN_EPISODE = 45_000
"""Measured on two cores (docs/performance.md): a night of 6,000 episodes held 1.5 GB, the estimates of 100,000 held 5.0 GB."""

EPISODES_THAT_ALL_TEACH = 70_000
BYTES_AN_EPISODE_BEYOND = 10_000
"""About three quarters of the episodes are eligible, so that from here on samples teach, the largest (of gains) 50,000: the others
are scored, and take less (docs/performance.md)."""

MOST_OF_DUCKDB = 4_000_000_000
"""DuckDB needs no more for a million episodes; a larger limit made no query faster."""

_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_IN_USE = ("seen", "loaded")


@dataclass(frozen=True)
class MachineSettings:
    """The table `[machine]` of stepcare.toml. `most_memory_gigabytes` is what a night may take; 0 stands for all that there is."""

    most_memory_gigabytes: float = 0.0


def memory_of_machine() -> int:
    """Bytes of memory of this machine, or of the container that the process runs in."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in _CGROUP_LIMITS:
        if limit.is_file() and (said := limit.read_text(encoding="ascii").strip()).isdigit():
            there = min(there, int(said))
    return there


def memory_allowed(home: Path) -> int:
    """Bytes that a night may take: the setting, else what the machine has."""
    return int(read_section(home, "machine", MachineSettings).most_memory_gigabytes * 1e9) or memory_of_machine()


def duckdb_memory(home: Path) -> str:
    """DuckDB's limit: half of what a night may take, and not more than it has a use for."""
    return f"{min(MOST_OF_DUCKDB, memory_allowed(home) // 2) // 1_000_000}MB"


def memory_needed(n_episodes: int) -> int:
    """Bytes that the night of so many episodes needs, about."""
    taught = min(n_episodes, EPISODES_THAT_ALL_TEACH)
    return BASE_BYTES + BYTES_AN_EPISODE * taught + BYTES_AN_EPISODE_BEYOND * (n_episodes - taught)


def episodes_in_use(settings: Settings) -> int:
    """Episodes of the deliveries in use, by their manifests: of each clinic its last snapshot and what came after it.

    An episode that a delta delivers again counts twice: the need is rather too high than too low.
    """
    if not settings.ledger.is_file():
        return 0
    with open_ledger(settings.ledger) as ledger:
        return sum(_episodes(settings.store / str(entry.delivery_key)) for entry in _in_use(ledger.entries()))


def _in_use(entries: Iterable[Entry]) -> list[Entry]:
    kept: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.clinic_code, entry.delivery_id, entry.seen_at)):
        if entry.delivery_key and entry.state in _IN_USE:
            if entry.mode == "snapshot":
                kept[entry.clinic_code] = []
            kept.setdefault(entry.clinic_code, []).append(entry)
    return [entry for those in kept.values() for entry in those]


def _episodes(folder: Path) -> int:
    try:
        files = read_manifest(folder, is_in_store=True).usable_files
    except (DeliveryError, OSError):
        return 0  # a spoilt copy is told of where it is read
    return sum(file.rows for file in files if file.feed == "intake")


def require_memory(settings: Settings) -> None:
    """Raise NightFailed, with the figures, when the deliveries in use need more memory than a night may take."""
    n_episodes = episodes_in_use(settings)
    needed, allowed = memory_needed(n_episodes), memory_allowed(settings.home)
    if n_episodes and needed > allowed:
        raise NightFailed(
            f"the deliveries in use hold {n_episodes:,} episodes, whose estimates need about {needed / 1e9:.1f} GB of memory; "
            f"{allowed / 1e9:.1f} GB may be used (most_memory_gigabytes of [machine] in {CONFIGURATION}, else what the machine "
            "has). Nothing was started and the last good results stay. Give it more memory, or raise the setting"
        )

"""What a night needs of the disk, looked at before it starts: room, and the right to write. What it needs of memory: `memory`."""

import os
from dataclasses import dataclass

from pipelines.configuration import CONFIGURATION, read_section
from pipelines.deliveries.ledger import open_ledger
from pipelines.disk import cannot_be_written, free_bytes
from pipelines.errors import NightFailed
from pipelines.generations import current_warehouse
from pipelines.settings import Settings

WAREHOUSES_OF_ROOM = 3
WAREHOUSE_BYTES_A_ROW = 300
"""Bytes of the warehouse for each row that was delivered (docs/performance.md): what a first night is to expect."""


@dataclass(frozen=True)
class DiskSettings:
    """The table `[disk]` of stepcare.toml. The default floor and `WAREHOUSES_OF_ROOM` are those of reliability.md, R-F2;
    `accept_plaintext` answers for a disk that is not encrypted."""

    smallest_free_gigabytes: float = 1.0
    accept_plaintext: bool = False


@dataclass(frozen=True)
class Room:
    """Bytes that are free where the installation lies, and that must be before a night starts."""

    free: int
    needed: int


def room(settings: Settings) -> Room:
    """The room there is and the room a night needs: three times the warehouse, as it was published or is to be expected from the
    rows that were delivered, and a floor that may be set."""
    floor = read_section(settings.home, "disk", DiskSettings).smallest_free_gigabytes
    return Room(free_bytes(settings.home), WAREHOUSES_OF_ROOM * warehouse_bytes(settings) + int(floor * 1e9))


def warehouse_bytes(settings: Settings) -> int:
    """The size of the warehouse, as it was published or is to be expected from the rows that were delivered."""
    published = current_warehouse(settings)
    return max(published.stat().st_size if published else 0, WAREHOUSE_BYTES_A_ROW * _rows_kept(settings))


def _rows_kept(settings: Settings) -> int:
    if not settings.ledger.is_file():
        return 0
    with open_ledger(settings.ledger) as ledger:
        return sum(entry.n_rows for entry in ledger.entries() if entry.delivery_key and entry.state != "duplicate")


def require_room(settings: Settings) -> None:
    """Raise NightFailed, with the figures, when there is less room than a night needs."""
    there = room(settings)
    if there.free < there.needed:
        raise NightFailed(
            f"{there.free / 1e9:.2f} GB are free where {settings.home} lies, and a night needs {there.needed / 1e9:.2f} GB "
            f"({WAREHOUSES_OF_ROOM} times the warehouse that is published or to be expected, and smallest_free_gigabytes of "
            f"[disk] in {CONFIGURATION}). Nothing was started and the last good results stay. Free some space and run it again"
        )


def require_rights(settings: Settings) -> None:
    """Raise InstallationError when a folder of the home is there and cannot be written, rather than at the end of a night."""
    folders = (settings.store, settings.generations, settings.work, settings.dagster_home)
    for folder in (settings.home, *folders):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            raise cannot_be_written(folder, "looked at before the night")

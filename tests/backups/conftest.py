"""A small installation with one kept delivery, and a key, to back up."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.backups.keys import write_new_identity
from pipelines.backups.making import make_backup
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.settings import Settings
from tests.conftest import small_tables


@dataclass(frozen=True)
class Place:
    """An installation that is set up for backups."""

    settings: Settings
    identity: Path
    recipient: str
    to: Path

    def make(self) -> Path:
        """A backup of what is kept now."""
        return make_backup(self.settings, lambda _: None).backup.path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    os.umask(0o077)
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox")
    write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", small_tables())
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger:
        receive(settings.inbox, settings.store, ledger)
    to = tmp_path / "backups"
    to.mkdir()
    identity = tmp_path / "stepcare.key"
    recipient = write_new_identity(identity)
    configure(settings, to=str(to), recipient=recipient)
    return Place(settings, identity, recipient, to)


def configure(settings: Settings, **said: object) -> None:
    """Write `[backup]` of stepcare.toml."""
    written = {
        key: str(value).lower() if isinstance(value, bool | int) else f'"{value}"' for key, value in said.items()
    }
    lines = [f"{key} = {value}\n" for key, value in written.items()]
    (settings.home / "stepcare.toml").write_text("[backup]\n" + "".join(lines))

"""Where this installation keeps its state and takes its deliveries from: read from the environment, nothing else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipelines.errors import UsageError

_OWN_NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def _notebooks(said: str | None) -> Path | None:
    """The folder that is said, or the project's own where there is one (a wheel has none); None without any."""
    if said is None:
        return _OWN_NOTEBOOKS if (_OWN_NOTEBOOKS / "template.py").is_file() else None
    return Path(said).absolute() if said and Path(said).is_dir() else None


@dataclass(frozen=True)
class Settings:
    """The folders of one installation and the clinics' time zone (for the schedule and for dates people read)."""

    home: Path
    inbox: Path
    timezone: str = "Europe/London"
    notebooks: Path | None = None
    """The folder of the notebooks that are run after each night; None runs none."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """STEPCARE_HOME (default `var`), STEPCARE_INBOX (default `<home>/inbox`), STEPCARE_TIMEZONE, STEPCARE_NOTEBOOKS (default:
        the project's `notebooks`; empty for none).

        Raises UsageError when the time zone is unknown.
        """
        home = Path(environ.get("STEPCARE_HOME") or "var").absolute()
        inbox = Path(environ.get("STEPCARE_INBOX") or home / "inbox").absolute()
        timezone = environ.get("STEPCARE_TIMEZONE") or "Europe/London"
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise UsageError(
                f"STEPCARE_TIMEZONE is {timezone!r}, which is no time zone; write one such as Europe/London"
            ) from error
        return cls(home=home, inbox=inbox, timezone=timezone, notebooks=_notebooks(environ.get("STEPCARE_NOTEBOOKS")))

    @property
    def store(self) -> Path:
        """Deliveries as they came, content-addressed and never changed: the truth of this installation."""
        return self.home / "store"

    @property
    def ledger(self) -> Path:
        """The SQLite ledger of deliveries."""
        return self.home / "ledger.sqlite"

    @property
    def generations(self) -> Path:
        """Published nights, each a folder with the warehouse and the reports."""
        return self.home / "generations"

    @property
    def current(self) -> Path:
        """The link to the published night that readers open."""
        return self.home / "current"

    @property
    def reports(self) -> Path:
        """The filed reports of weeks and months, a folder a clinic; written once."""
        return self.home / "reports"

    @property
    def notebook_pages(self) -> Path:
        """What the notebooks showed of the last night: may be patient level, so its owner's alone, and made anew each night."""
        return self.home / "notebooks"

    @property
    def work(self) -> Path:
        """Nights that are being built; nothing here is published."""
        return self.home / "work"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own state: run history, schedules, logs."""
        return self.home / "dagster"

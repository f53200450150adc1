"""An installation with filed reports of two clinics and the network, and readers of them."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.filing import stamp_for
from pipelines.reporting.building import build_reports
from pipelines.reporting.editions import seal, write_editions, write_practitioner_editions
from pipelines.reporting.periods import Edition, ended_before
from pipelines.reporting.practitioners import PractitionerReport
from pipelines.reporting.shelves import write_shelves
from pipelines.settings import Settings
from tests.reporting.released import STAMP, released_of

KEY = "a1b2c3d4e5f60718"
"""A practitioner of C001 who has reports of her own."""
SELF, CLINICAL_LEAD = "practitioner@clinic.example", "clinical.lead@clinic.example"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MANAGER, LEAD, OTHER = "manager@clinic.example", "lead@group.example", "manager@other.example"


@pytest.fixture(scope="session")
def filed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with what a night on NOW files; each test has a copy."""
    made = Settings(tmp_path_factory.mktemp("filed") / "home", Path("inbox"))
    made.home.mkdir(mode=0o700)
    file_reports(made, NOW.date())
    return made.home


@pytest.fixture
def settings(filed_home: Path, tmp_path: Path) -> Settings:
    made = Settings(tmp_path / "home", tmp_path / "inbox")
    shutil.copytree(filed_home, made.home)
    return made


def file_reports(settings: Settings, day: date, clinics: dict[str, int] | None = None, version: int = 1) -> None:
    """File the reports that a night on `day` makes, as a version."""
    tables = released_of(tuple((clinics or {"C001": 412, "C002": 96}).items()))
    for period in ended_before(day):
        because = "A clinic sent its forms again." if version > 1 else None
        edition = Edition.first(period).model_copy(update={"version": version, "because": because})
        reports = build_reports(tables, stamp_for(STAMP, edition, settings.timezone))
        write_editions(settings.reports, reports, lambda _, edition=edition: edition)
        own = PractitionerReport(
            stamp=reports.network.stamp, clinic_code="C001", practitioner_key=KEY, completeness=(), measures=()
        )
        write_practitioner_editions(settings.reports, (own,), lambda _, edition=edition: edition)
    seal(settings.reports)
    write_shelves(settings.reports)


def configure(settings: Settings, text: str, **delivery: object) -> None:
    """Write stepcare.toml: `[delivery]`, three readers and what `text` adds."""
    said = {"sender": "reports@group.example", "allowed_domains": ["clinic.example", "group.example"]} | delivery
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in said.items()]
    readers = [(MANAGER, ["C001"]), (LEAD, ["*"]), (OTHER, ["C002"])]
    tables = [f"[[reader]]\nemail = '{email}'\nclinics = {clinics}" for email, clinics in readers]
    tables.append(f"[[reader]]\nemail = '{SELF}'\npractitioner_of = 'C001'\npractitioner_key = '{KEY}'")
    tables.append(f"[[reader]]\nemail = '{CLINICAL_LEAD}'\nclinics = ['C001']\nleads = ['C001']")
    (settings.home / "stepcare.toml").write_text("\n".join(["[delivery]", *lines, *tables, text]) + "\n")


def subscribed(email: str, clinic: str, *more: str) -> str:
    return "\n".join(["[[subscription]]", f"email = '{email}'", f"clinic = '{clinic}'", *more])

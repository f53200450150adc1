"""From the reports to files: one self-contained page a clinic, the network's, an index, and the numbers as JSON.

These are the whole pages of one moment, as `stepcare as-of` makes them. What a night publishes is in `night_pages.py`, what is
kept in `editions.py`.
"""

import re
from collections.abc import Collection
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipelines.reporting import words
from pipelines.reporting.model import ClinicReport, NetworkReport, Reports
from pipelines.reporting.practitioners import PractitionerReport
from pipelines.reporting.published import AGE_TYPICAL, PUBLISHED_COURSE
from pipelines.reporting.shares import Frozen
from pipelines.reporting.views import clinic_view, index_lines, network_view

_TEMPLATES = Path(__file__).parent / "templates"
_PERCENT = re.compile(r"(\d) %")
_DOTS = {"high": "●●●", "moderate": "●●○", "low": "●○○", "not enough to say": "○○○"}
_CERTAINTY_LABEL = {
    "high": "High certainty",
    "moderate": "Moderate certainty",
    "low": "Low certainty",
    "not enough to say": "Not enough to say",
}


def write_pages(folder: Path, reports: Reports) -> list[Path]:
    """Write `clinics/<clinic>.html`, `network.html`, `index.html` and a `.json` beside each report; returns the files.

    The same reports give the same bytes. Each file is written aside and renamed.
    """
    environment = page_environment()
    texts: dict[Path, str] = {}
    hrefs: dict[str, str] = {}
    for clinic in reports.clinics:
        name = file_name(clinic.clinic_code, taken=hrefs.values())
        hrefs[clinic.clinic_code] = f"clinics/{name}.html"
        texts[folder / "clinics" / f"{name}.html"] = page_of(environment, "clinic", clinic, clinic_view(clinic))
        texts[folder / "clinics" / f"{name}.json"] = numbers_of(clinic)
    network = reports.network
    texts[folder / "network.html"] = page_of(environment, "network", network, network_view(network, hrefs))
    texts[folder / "network.json"] = numbers_of(network)
    texts[folder / "index.html"] = index_page(environment, reports, hrefs)
    for path, text in texts.items():
        write_file(path, text)
    return list(texts)


def file_name(clinic_code: str, taken: Collection[str] = ()) -> str:
    """A clinic's code as a file name: kept when it is plain and its page is not among `taken`, else with a short hash.

    Names that differ in case only are the same file on some disks.
    """
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_" for letter in clinic_code
    )
    is_free = f"clinics/{plain}.html".lower() not in {page.lower() for page in taken}
    return plain if plain == clinic_code and is_free else f"{plain}-{sha256(clinic_code.encode()).hexdigest()[:8]}"


@cache
def page_environment() -> Environment:
    """The environment of every template: escaping on, nothing undefined, the words that pages share. One, so that a template is
    compiled once."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        words=words,
        dots=_DOTS,
        reason_columns=("Feed and field", "Refused", "Rule that was broken", "How many"),
        certainty_label=_CERTAINTY_LABEL,
        certainty_meaning=words.CERTAINTY_MEANING,
        published_course=PUBLISHED_COURSE,
        age_typical=[(name, *(f"{share} %" for share in shares)) for name, shares in AGE_TYPICAL],
    )
    return environment


def index_page(
    environment: Environment, reports: Reports, hrefs: dict[str, str], *, is_of_a_night: bool = False
) -> str:
    """The index of all pages; with `is_of_a_night`, of those that tell of process and freshness alone."""
    lines = index_lines(reports, hrefs)
    return page_of(environment, "index", reports.network, {"lines": lines, "is_of_a_night": is_of_a_night})


def page_of(
    environment: Environment,
    template: str,
    report: ClinicReport | NetworkReport | PractitionerReport,
    view: dict[str, Any],
) -> str:
    """The page of a report by a template, which is given the report and a view of it."""
    made = environment.get_template(f"{template}.html.j2")
    return unbroken(made.render(report=report, stamp=report.stamp, schema_version=report.schema_version, **view))


def unbroken(page: str) -> str:
    """The page with its percentages held together at the end of a line."""
    return _PERCENT.sub("\\1\u00a0%", page)


def numbers_of(report: Frozen) -> str:
    """The report as JSON, by its own schema."""
    return report.model_dump_json(indent=2) + "\n"


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file aside and rename it; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.writing")
    aside.write_bytes(content.encode() if isinstance(content, str) else content)
    aside.replace(path)

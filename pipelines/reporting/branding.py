"""What a group of clinics may make its own: name, logo, language, targets, thresholds and words, from `stepcare.toml`.

[report]
name = "Réseau Dos"              # stands on every page
logo = "logo.svg"                # SVG or PNG beside stepcare.toml, at most 20 KiB; it is put into the page
language = "fr-FR"               # how numbers and dates are written
representative_percent = 60      # below it, outcomes may not stand for all patients

[targets]                        # whole percent, or "none"
QI-01 = 95

[words]                          # any label of pipelines/reporting/labels.toml
findings = "En bref"
"""

import base64
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import Field

from pipelines.configuration import CONFIGURATION, read_section, read_table
from pipelines.errors import UsageError
from pipelines.reporting.indicators import DEFINITIONS, REPRESENTATIVE_ANSWERED_PERCENT
from pipelines.reporting.number_forms import DEFAULT_LANGUAGE, FORMS
from pipelines.reporting.shares import Frozen

LARGEST_LOGO_BYTES = 20 * 1024
LONGEST_NAME = 60
LONGEST_LABEL = 120
USUAL_TARGETS: Mapping[str, int | None] = MappingProxyType(
    {code: definition.target_percent for code, definition in DEFINITIONS.items()}
)
_PNG = b"\x89PNG\r\n\x1a\n"
_ACTIVE_SVG = re.compile(
    rb"<\s*(script|foreignObject|iframe|image|use|a|style)\b|\bon\w+\s*=|href|url\(|<!", re.IGNORECASE
)


class Branding(Frozen):
    """Name, logo (a data address, empty without one), language and the labels that replace the usual ones."""

    name: str = "Stepcare"
    logo: str = ""
    language: str = DEFAULT_LANGUAGE
    labels: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class ReportSettings:
    """The table `[report]`."""

    name: str = "Stepcare"
    logo: str = ""
    language: str = DEFAULT_LANGUAGE
    representative_percent: int = REPRESENTATIVE_ANSWERED_PERCENT


@dataclass(frozen=True)
class ReportConfiguration:
    """All that a report takes from the installation; `targets` are percentages by indicator, None: no target."""

    branding: Branding = field(default_factory=Branding)
    targets: Mapping[str, int | None] = field(default_factory=lambda: USUAL_TARGETS)
    representative_percent: int = REPRESENTATIVE_ANSWERED_PERCENT


DEFAULT = ReportConfiguration()


@cache
def usual_labels() -> dict[str, str]:
    """The labels of `labels.toml`."""
    return dict(tomllib.loads(Path(__file__).with_name("labels.toml").read_text(encoding="utf-8")))


def labels_of(branding: Branding) -> dict[str, str]:
    """Every label, those that the group replaced in its words."""
    return usual_labels() | branding.labels


def read_report_configuration(home: Path) -> ReportConfiguration:
    """What `<home>/stepcare.toml` says of reports. Raises UsageError, naming table and key, for what cannot be used."""
    place = home / CONFIGURATION
    settings = read_section(home, "report", ReportSettings)
    if not settings.name.isprintable() or not 0 < len(settings.name) <= LONGEST_NAME:
        raise UsageError(f"{place}: [report] name must be one line of 1 to {LONGEST_NAME} letters")
    if settings.language not in FORMS:
        raise UsageError(f"{place}: [report] language must be one of {', '.join(sorted(FORMS))}")
    if not 1 <= settings.representative_percent <= 100:
        raise UsageError(f"{place}: [report] representative_percent must be from 1 to 100")
    branding = Branding(
        name=settings.name,
        logo=_logo(home, settings.logo) if settings.logo else "",
        language=settings.language,
        labels=_labels(home),
    )
    return ReportConfiguration(branding, MappingProxyType(_targets(home)), settings.representative_percent)


def _targets(home: Path) -> dict[str, int | None]:
    targets = dict(DEFAULT.targets)
    for code, value in read_table(home, "targets").items():
        if code not in DEFINITIONS:
            raise UsageError(
                f"{home / CONFIGURATION}: [targets] has no indicator {code}. It has {', '.join(DEFINITIONS)}"
            )
        if value == "none":
            targets[code] = None
        elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100:
            targets[code] = value
        else:
            raise UsageError(
                f'{home / CONFIGURATION}: [targets] {code} must be a whole percent from 0 to 100, or "none"'
            )
    return targets


def _labels(home: Path) -> dict[str, str]:
    labels = {}
    for key, value in read_table(home, "words").items():
        if key not in usual_labels():
            raise UsageError(f"{home / CONFIGURATION}: [words] has no label {key}. It has {', '.join(usual_labels())}")
        if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= LONGEST_LABEL:
            raise UsageError(f"{home / CONFIGURATION}: [words] {key} must be one line of 1 to {LONGEST_LABEL} letters")
        labels[key] = value
    return labels


def _logo(home: Path, name: str) -> str:
    """The picture as a data address. An SVG that runs, links or fetches anything is refused: a page must not."""
    path = (home / name).resolve()
    where = f"{home / CONFIGURATION}: [report] logo"
    if path.parent != home.resolve() or not path.is_file():
        raise UsageError(f"{where}: {name} must be a file beside {CONFIGURATION}")
    content = path.read_bytes()
    if len(content) > LARGEST_LOGO_BYTES:
        raise UsageError(f"{where}: {name} is larger than 20 KiB; make it smaller")
    if path.suffix == ".png" and content.startswith(_PNG):
        kind = "image/png"
    elif path.suffix == ".svg" and content.lstrip().startswith(b"<svg") and not _ACTIVE_SVG.search(content):
        kind = "image/svg+xml"
    else:
        raise UsageError(f"{where}: {name} must be a PNG, or an SVG that begins with <svg and holds shapes only")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"

"""The pages of one night: what arrived, what was refused, how far the records can be trusted and what was done. No outcome is on
them: outcomes are told by the week and the month (`pipelines/reporting/editions.py`)."""

import json
from pathlib import Path
from typing import Any

from pipelines.reporting.indicators import DEFINITIONS
from pipelines.reporting.model import ClinicReport, Indicator, NetworkReport, Report, Reports
from pipelines.reporting.pages import file_name, index_page, page_environment, unbroken, write_file
from pipelines.reporting.views import clinic_view, network_view
from pipelines.reporting.words import VERDICT_WORDS, interval_words, share_words

PROCESS = frozenset(f"QI-{number:02}" for number in (1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 17, 20, 22, 23, 25))
"""The indicators of what was done and recorded; the others tell how patients did, or who answered."""

_SHOWN = ("arrivals", "refused_deliveries", "refusals", "quality", "indicators")


def write_night_pages(folder: Path, reports: Reports) -> list[Path]:
    """Write `index.html`, `network.html` and `clinics/<clinic>.html` with their numbers as JSON; returns the files."""
    environment = page_environment()
    template = environment.get_template("night.html.j2")
    hrefs: dict[str, str] = {}
    for clinic in reports.clinics:
        hrefs[clinic.clinic_code] = f"clinics/{file_name(clinic.clinic_code, taken=hrefs.values())}.html"
    texts: dict[Path, str] = {}
    pages: list[tuple[ClinicReport | NetworkReport, str]] = [*zip(reports.clinics, hrefs.values(), strict=True)]
    for report, href in [*pages, (reports.network, "network.html")]:
        page = folder / href
        texts[page] = unbroken(template.render(_view(report, "../" if "/" in href else "", hrefs)))
        texts[page.with_suffix(".json")] = json.dumps(of_a_night(report), indent=2, ensure_ascii=False) + "\n"
    texts[folder / "index.html"] = index_page(environment, reports, hrefs, is_of_a_night=True)
    for path, text in texts.items():
        write_file(path, text)
    return list(texts)


def _view(report: ClinicReport | NetworkReport, up: str, hrefs: dict[str, str]) -> dict[str, Any]:
    if isinstance(report, ClinicReport):
        view, name, delivery = clinic_view(report), report.clinic_code, report.latest_delivery_id
    else:
        view, name, delivery = network_view(report, hrefs), "All clinics", ""
    shown = {name: view[name] for name in ("quality", "arrivals", "refused_deliveries", "refusals")}
    return shown | {
        "name": name,
        "delivery": delivery,
        "stamp": report.stamp,
        "schema_version": report.schema_version,
        "navigation": [
            (f"{up}index.html", "All clinics' nightly pages"),
            (f"{up}network.html", "All clinics together"),
        ],
        "process": [_row(one) for one in report.indicators if one.code in PROCESS],
    }


def _row(one: Indicator) -> tuple[str, ...]:
    target = "" if one.target_percent is None else f"{one.target_percent} %"
    verdict = " ".join(VERDICT_WORDS[one.verdict])
    return (
        f"{one.code} {DEFINITIONS[one.code].name}",
        share_words(one.share),
        interval_words(one.share),
        target,
        verdict,
    )


def of_a_night(report: Report) -> dict[str, Any]:
    """What of a report may be told nightly, as plain values by field; process indicators alone."""
    said = report.model_dump(
        mode="json", include={*_SHOWN, "stamp", "schema_version", "clinic_code", "latest_delivery_id"}
    )
    said["indicators"] = [one for one in said["indicators"] if one["code"] in PROCESS]
    return said

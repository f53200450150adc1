"""What the reports of many clinics cost: CPU seconds, bytes a file, and the ratio to what is asked.

python -m benchmarks.reports                # 500 clinics: pages under 10 s of CPU, PDFs under 60 s, 150 KiB a page
python -m benchmarks.reports --clinics 50

The tables are made up and released as a night releases them; estimates and the network's page do not grow with the clinics.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from pipelines.reporting.building import build_reports
from pipelines.reporting.documents.figures import figures_of
from pipelines.reporting.documents.letter import letter_of
from pipelines.reporting.documents.pdf import pdf_of
from pipelines.reporting.documents.tables import csv_of
from pipelines.reporting.editions import page_text
from pipelines.reporting.model import ClinicReport
from pipelines.reporting.pages import numbers_of, page_environment
from pipelines.reporting.periods import Edition, ended_before
from tests.reporting.released import STAMP, exact_tables, released

T = TypeVar("T")
HTML_S, PDF_S, PAGE_KIB = 10.0, 60.0, 150.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clinics", type=int, default=500)
    n_clinics = parser.parse_args().clinics
    exact = exact_tables({f"C{number:03}": 40 + 7 * (number % 90) for number in range(n_clinics)})
    tables = _timed("disclosure control", lambda: released(exact))
    reports = _timed("the model", lambda: build_reports(tables, STAMP))
    edition = Edition.first(ended_before(date(2026, 11, 24))[0])
    clinics = [one.model_copy(update={"edition": edition}) for one in reports.clinics]
    environment = page_environment()

    pages = _timed("pages", lambda: [page_text(environment, one).encode() for one in clinics], HTML_S, n_clinics)
    _sizes("page", pages, PAGE_KIB)
    pdfs = _timed(
        "PDFs",
        lambda: [pdf_of(one, page.decode()) for one, page in zip(clinics, pages, strict=True)],
        PDF_S,
        n_clinics,
    )
    _sizes("PDF", pdfs)
    _timed("CSV, JSON and letters", lambda: [_others(one) for one in clinics])
    network = reports.network.model_copy(update={"edition": edition})
    page = _timed("the network's page", lambda: [page_text(environment, network).encode()])
    _sizes("the network's page", page)
    _sizes("the network's PDF", _timed("the network's PDF", lambda: [pdf_of(network, page[0].decode())]))


def _others(report: ClinicReport) -> list[str]:
    return [csv_of(report, figures_of(report)), numbers_of(report), letter_of(report)]


def _timed(what: str, work: Callable[[], T], asked_s: float = 0.0, n: int = 500) -> T:
    start = time.process_time()
    made = work()
    took = time.process_time() - start
    asked = asked_s * n / 500
    ratio = f"   {took / asked:.2f} of the {asked:.0f} s asked" if asked else ""
    print(f"{what:28} {took:7.2f} s of CPU{ratio}")
    return made


def _sizes(what: str, files: list[bytes], asked_kib: float = 0.0) -> None:
    largest = max(map(len, files)) / 1024
    ratio = f"   {largest / asked_kib:.2f} of the {asked_kib:.0f} KiB asked" if asked_kib else ""
    print(f"{'  largest ' + what:28} {largest:7.1f} KiB{ratio}")


if __name__ == "__main__":
    main()

"""A report as the text of an e-mail: what it says in a minute, and what to do next. The rest is in the file attached."""

from textwrap import fill

from pipelines.reporting.documents.figures import shown
from pipelines.reporting.indicators import DEFINITIONS
from pipelines.reporting.model import ClinicReport, Indicator, Report
from pipelines.reporting.practitioners import PractitionerReport
from pipelines.reporting.words import (
    INTEREST_LINE,
    NOT_ADVICE_LINE,
    PRACTITIONER_LINES,
    SIMULATED_LINE,
    VERDICT_WORDS,
    interval_words,
    share_words,
)

_WIDTH = 76


def name_of(report: Report | PractitionerReport) -> str:
    """Whose report it is, in words."""
    if isinstance(report, PractitionerReport):
        return f"one practitioner of clinic {report.clinic_code}"
    return f"clinic {report.clinic_code}" if isinstance(report, ClinicReport) else "all clinics together"


def subject_of(report: Report | PractitionerReport) -> str:
    """The e-mail's subject: whose report, of which period, and whether it is a correction."""
    edition = report.edition
    corrected = f", corrected (version {edition.version})" if edition and edition.version > 1 else ""
    period = f", {edition.words}" if edition else ""
    return " ".join(f"Outcomes report of {name_of(report)}{period}{corrected}".split())


def letter_of(report: Report | PractitionerReport) -> str:
    """The e-mail's text in plain words, lines of at most 76 letters."""
    parts = [subject_of(report)]
    if isinstance(report, PractitionerReport):
        parts += [notice_of(report), *PRACTITIONER_LINES, "The report is attached."]
        return "\n\n".join(_wrapped(part) for part in parts if part) + "\n"
    if report.stamp.is_simulated:
        parts.append(SIMULATED_LINE)
    if report.edition and report.edition.because:
        parts.append(notice_of(report))
    for number, one in enumerate(report.findings, start=1):
        parts.append(f"{number}. {one.title}\n{one.text}\nNext: {one.next_step}\nCertainty: {one.certainty}.")
    listed = [_line(one) for one in report.indicators if one.share.whole != 0]
    if listed:
        parts.append("\n".join(["Care against its targets:", *listed]))
    parts += ["The whole report is attached.", NOT_ADVICE_LINE, INTEREST_LINE]
    return "\n\n".join("\n".join(_wrapped(line) for line in part.split("\n")) for part in parts) + "\n"


def notice_of(report: Report | PractitionerReport) -> str:
    """The notice of a correction: why, and what changed; empty for a first version."""
    edition = report.edition
    if edition is None or not edition.because:
        return ""
    most = 5
    further = (
        f" And {len(edition.changes) - most} more; all are in the JSON file." if len(edition.changes) > most else ""
    )
    return (
        f"This is version {edition.version}; it takes the place of version {edition.version - 1}. Why: {edition.because} "
        f"What changed: {'; '.join(edition.changes[:most])}.{further}"
    )


def _line(one: Indicator) -> str:
    interval = f" ({interval_words(one.share)})" if interval_words(one.share) else ""
    target = "" if one.target_percent is None else f", target {one.target_percent} %"
    name, verdict = DEFINITIONS[one.code].name, VERDICT_WORDS[one.verdict][1]
    return f"  {one.code} {name}: {share_words(one.share)}{interval} of {shown(one.share.whole)}{target}. {verdict}."


def _wrapped(line: str) -> str:
    indent = "    " if line.startswith("  ") else ""
    return fill(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

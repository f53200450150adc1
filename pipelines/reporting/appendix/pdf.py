"""The appendix as a tagged PDF, set from the same document as the page; pictures are the SVG of the wide page."""

from pipelines.reporting.appendix.document import Appendix
from pipelines.reporting.typesetting import pdf_by
from pipelines.reporting.words import SIMULATED_LINE, date_words


def pdf_of(appendix: Appendix) -> bytes:
    """The document as PDF. Raises typst.TypstError when it cannot be set."""
    stamp = appendix.stamp
    simulated = "Simulated data · " if stamp.is_simulated else ""
    document = appendix.model_dump(mode="json", exclude={"stamp"}) | {
        "subtitle": date_words(stamp.made_at),
        "banner": SIMULATED_LINE if stamp.is_simulated else None,
        "footer": f"{simulated}run {stamp.run_id[:8]} · data {stamp.data_hash[:12]} · code {stamp.code_version}",
    }
    return pdf_by("appendix", document, stamp.made_at)

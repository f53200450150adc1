"""Published figures that are printed beside ours, each looked up at its source, with who was studied in words.

They are never proof of our numbers: the patients and the moment of the choice differ, and the text says how.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A published figure printed beside ours, with who was studied in words. `points` is (estimate, lower, upper)."""

    study: str
    population: str
    finding: str
    outcome: str | None = None
    points: tuple[float, float, float] | None = None


PUBLISHED = (
    Published(
        "PACBACK 2026, trial, 1,000 patients",
        "Recent back pain at medium or high risk of lasting; manipulation from the start. Not people who had already "
        "tried exercise or advice for four weeks, as here.",
        "No difference in pain or disability over 12 months between manipulation and medical care.",
    ),
    Published(
        "UK BEAM 2004, trial, 1,334 patients",
        "Back pain in general practice; manipulation from the start, compared with best care. Not people who had "
        "already tried exercise or advice for four weeks, as here.",
        "1.6 RMDQ points better at 3 months (0.8 to 2.3).",
        "rmdq24_12wk",
        (1.6, 0.8, 2.3),
    ),
    Published(
        "Bronfort 2014, trial, 192 patients",
        "Back-related leg pain for at least 4 weeks; manipulation added to home exercise: closest to our question.",
        "Leg pain 10 percentage points better at 12 weeks (2 to 19), 7 at 52 weeks (−2 to 15).",
    ),
)
PUBLISHED_COURSE = (
    "Published course: in ATLAS (609 people with back and leg pain in UK primary care) 55 % had 30 % less disability "
    "at 12 months; in acute back pain, pain fell by 58 % in the first month (Pengel 2003)."
)
AGE_TYPICAL = (
    ("Disc degeneration", (37, 80, 96)),
    ("Disc bulge", (30, 60, 84)),
    ("Disc protrusion", (29, 36, 43)),
    ("Disc height loss", (24, 56, 84)),
    ("Facet degeneration", (4, 32, 83)),
    ("Spondylolisthesis (slip)", (3, 14, 50)),
)
"""Percent of people without pain who have a finding at age 20, 50 and 80 (Brinjikji, AJNR 36:811, 2015)."""

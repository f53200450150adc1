"""Files of sections as an analyst could write them, good and bad, and why the bad ones are not shown."""

import re
import textwrap

from pipelines.sections.refusals import Refusal
from tests.conftest import ROOT

HEAD = "from pipelines.results import Answer, Dots, Results, section, share\nimport pandas as pd\n"
CANARY = "Mary Canary"
_IN_DOCS = re.search(
    r"In `sections/appointments.py`:\n\n((?: {4}.*\n|\n)+)", (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
)
WORKED_EXAMPLE = textwrap.dedent(_IN_DOCS[1]) if _IN_DOCS else ""
"""The section that docs/analysts.md shows, as it stands there."""

GOOD = (
    HEAD
    + """
@section(title="Answered, by sex", scope="network", method="Of those whose answer was due at 12 weeks.")
def answered(results: Results) -> Answer:
    return results.sql(
        "select sex, count(*) as n_due, count(*) filter (where has_answered_12wk) as n_answered "
        "from cohort.strata where is_due_12wk group by sex",
        counts=["n_due"], parts=[("n_answered", "n_due")], dots=share("n_answered", ["sex"], "% answered"),
    )
"""
    + WORKED_EXAMPLE
)


def _sql(query: str, said: str = "counts=['n']") -> str:
    return f"return results.sql({query!r}, {said})"


BAD = {
    "raises": (f"raise ValueError('{CANARY} ' + results.episodes().df['episode_key'][0])", Refusal.ERROR),
    "exits": (f"import sys; sys.exit('{CANARY}')", Refusal.ERROR),
    "dies": ("import os; os._exit(0)", Refusal.ERROR),
    "hangs": ("import time; time.sleep(600)", Refusal.TIME),
    "nothing": ("return None", Refusal.NO_ANSWER),
    "frame": ("return results.episodes().df", Refusal.NO_ANSWER),
    "patients": ("return results.episodes()", Refusal.PATIENTS),
    "patients_by_sql": (_sql("select episode_key, 1 as n from cohort.episodes"), Refusal.TOO_FEW),
    "patients_in_disguise": (_sql("select episode_key as who, 100 as n from cohort.episodes"), Refusal.KEY),
    "key_in_words": (_sql("select 'of ' || max(episode_key) || ', too' as who, 40 as n from cohort.episodes"), Refusal.KEY),
    "practitioners": (
        _sql("select practitioner_key as who, 90 as n from cohort.sessions where practitioner_key is not null group by 1"),
        Refusal.KEY,
    ),
    "names": (_sql(f"select '{CANARY}' as who, 40 as n"), Refusal.IDENTIFIER),
    "numbers": (_sql("select 'NHS 943 476 5919' as who, 40 as n"), Refusal.IDENTIFIER),
    "column_of_a_name": (_sql(f"select sex, 40 as \"{CANARY}\" from cohort.strata group by sex"), Refusal.COLUMN_NAMES),
    "column_of_a_key": (
        "key = 'a' + results.sessions().df['session_key'].iloc[0]; "
        "return Answer('t', pd.DataFrame({'sex': ['female'], 'n': [40], key[1:]: ['x']}), '', counts=('n',))",
        Refusal.COLUMN_NAMES,
    ),
    "undeclared": (_sql("select sex, count(*) as n, 41 as people from cohort.strata group by sex"), Refusal.UNDECLARED),
    "undeclared_share": (_sql("select sex, count(*) as n, 33.3::double as p from cohort.strata group by 1"), Refusal.UNDECLARED),
    "uncounted": (_sql("select distinct sex from cohort.strata", "counts=[]"), Refusal.UNCOUNTED),
    "negative": (_sql("select 'a' as who, -30 as n"), Refusal.NOT_A_COUNT),
    "part_above_whole": (
        _sql("select 'a' as who, 30 as n, 40 as part", "counts=['n'], parts=[('part', 'n')]"),
        Refusal.NOT_A_COUNT,
    ),
    "safe_copy": ("return results.outcomes(by='sex').safe()", Refusal.SAFE_COPY),
    "total": (_sql("select 'All' as who, 40 as n union all select 'a', 38 union all select 'b', 2"), Refusal.TOTAL),
    "rollup": (_sql("select sex, count(*) as n from cohort.strata group by rollup (sex)"), Refusal.ROWS_ALIKE),
    "twice": (_sql("select sex, 40 as n from cohort.strata"), Refusal.ROWS_ALIKE),
    "empty": (_sql("select 'a' as who, 1 as n where false"), Refusal.EMPTY),
    "few": (_sql("select 'rare' as who, 3 as n"), Refusal.TOO_FEW),
    "too_many": (_sql("select i, 20 as n from range(300) t (i)", "counts=['n'], key=['i']"), Refusal.TOO_MANY_ROWS),
    "far_too_many": (_sql("select i, 20 as n from range(90000) t (i)", "counts=['n'], key=['i']"), Refusal.TOO_MANY_ROWS),
    "past_withholding": (
        _sql("select trial, outcome, contrast, estimate, n from estimates.effects", "counts=['n'], figures=[('estimate', 'n')]"),
        Refusal.ESTIMATES,
    ),
    "long_text": (_sql("select repeat('a ', 300) as who, 40 as n"), Refusal.LONG_TEXT),
    "dates": (_sql("select date '2001-02-03' as born, 40 as n"), Refusal.UNDECLARED),
    "no_clinic": (_sql("select 'C999' as clinic, 40 as n"), Refusal.NO_CLINIC),
}  # fmt: skip
IN_PROCESSES = ("raises", "patients_in_disguise")
"""Those of the default run: one of each way of going wrong."""


def bad_file(*names: str) -> str:
    """A file of bad sections, one a name."""
    return HEAD + "".join(
        f"\n\n@section(title='Section {number}', scope='clinic' if {name == 'no_clinic'} else 'network', method='Bad.')\n"
        f"def {name}(results):\n    {BAD[name][0]}\n"
        for number, name in enumerate(names, start=1)
    )

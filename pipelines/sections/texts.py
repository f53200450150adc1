"""The words of a section: no key of a record and nothing that looks like a direct identifier may stand in them."""

import re
from collections.abc import Collection, Iterable

import duckdb

from pipelines.privacy.forms import FREE_TEXT
from pipelines.privacy.identifiers import looks_like_sql
from pipelines.sections.protecting import CLINIC, LONGEST_TEXT
from pipelines.sections.refusals import NotShown, Refusal
from pipelines.warehouse import open_calculator

_KEYS = r"""
select schema_name || '.' || table_name as place, column_name
from duckdb_columns()
where schema_name in ('clean', 'cohort') and column_name like '%\_key' escape '\' and data_type = 'VARCHAR'
order by all
"""


def look_at_texts(
    con: duckdb.DuckDBPyConnection, texts: Iterable[str], clinics: Collection[str], longest: int = LONGEST_TEXT
) -> None:
    """Raises NotShown when one of the texts, or a word of one, is a key of a record of the night, looks like an identifier or is
    too long. The codes of the clinics are none of these."""
    said = sorted({text for text in texts if text} - set(clinics))
    if any(len(text) > longest or not text.isprintable() for text in said):
        raise NotShown(Refusal.LONG_TEXT)
    words = sorted(
        {*said, *(word for text in said for word in re.split(r"[^A-Za-z0-9_-]+", text) if word)} - set(clinics)
    )
    for place, column in con.execute(_KEYS).fetchall():
        found = con.execute(f"select 1 from {place} where {column} in (select unnest($1)) limit 1", [words]).fetchone()
        if found:
            raise NotShown(Refusal.KEY)
    with open_calculator() as calculator:
        kinds = calculator.execute(
            f"select distinct {looks_like_sql('said')} from (select unnest($1) as said)", [said]
        ).fetchall()
    if {kind for (kind,) in kinds} - {None, FREE_TEXT}:
        raise NotShown(Refusal.IDENTIFIER)


def must_be_clinics(values: Iterable[object], clinics: Collection[str]) -> None:
    """Raises NotShown when one of the values of the column `clinic` is the code of no clinic."""
    if not set(values) <= set(clinics):
        raise NotShown(Refusal.NO_CLINIC, f"the column {CLINIC} holds another value")

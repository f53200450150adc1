"""The tables of an OMOP CDM 5.4, opened where they are: a folder of Parquet or CSV files, or a DuckDB database.

Names are those of OHDSI's own DDL for DuckDB, in either case. Every column is read as text: a bad value spoils nothing else.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.errors import UsageError
from pipelines.exporting.tally import Tally
from pipelines.warehouse import IN_MEMORY, open_warehouse

COLUMNS = {
    "person": ("person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth"),
    "observation_period": ("person_id", "observation_period_start_date", "observation_period_end_date"),
    "visit_occurrence": (
        *("visit_occurrence_id", "person_id", "visit_concept_id", "visit_start_date", "visit_start_datetime"),
        *("visit_end_datetime", "provider_id", "care_site_id"),
    ),
    "provider": ("provider_id", "specialty_concept_id", "specialty_source_value"),
    "care_site": ("care_site_id", "care_site_source_value"),
    "procedure_occurrence": (
        *("procedure_occurrence_id", "person_id", "procedure_concept_id", "procedure_date", "visit_occurrence_id"),
        *("procedure_source_value", "procedure_source_concept_id"),
    ),
    "condition_occurrence": (
        *("condition_occurrence_id", "person_id", "condition_concept_id", "condition_start_date", "condition_end_date"),
        *("visit_occurrence_id", "condition_source_value", "condition_source_concept_id"),
    ),
    "measurement": (
        *("measurement_id", "person_id", "measurement_concept_id", "measurement_date", "visit_occurrence_id"),
        *("value_as_number", "value_as_concept_id", "unit_concept_id", "unit_source_value", "operator_concept_id"),
        *("measurement_source_value", "measurement_source_concept_id"),
    ),
    "observation": (
        *("observation_id", "person_id", "observation_concept_id", "observation_date", "visit_occurrence_id"),
        *("value_as_number", "value_as_string", "value_as_concept_id", "unit_concept_id", "unit_source_value"),
        *("observation_source_value", "observation_source_concept_id"),
    ),
    "drug_exposure": (
        *("drug_exposure_id", "person_id", "drug_concept_id", "drug_exposure_start_date", "drug_exposure_end_date"),
        *("visit_occurrence_id", "drug_source_value", "drug_source_concept_id"),
    ),
    "concept": ("concept_id", "vocabulary_id", "concept_code"),
}
"""What is read of each table; nothing else of it is looked at (no name, source value of a person, address or note)."""

_NEEDED = ("person", "visit_occurrence")
_DATABASES = (".duckdb", ".db")
_FILES = (".parquet", ".csv", ".csv.gz")
_MEMORY = "400MB"
_MAGIC = b"DUCK"


class Tables:
    """The tables as views of the same name, text columns as above, NULL where a table or column is not there."""

    def __init__(self, con: duckdb.DuckDBPyConnection, there: frozenset[str]) -> None:
        self.con = con
        self.there = there


@contextmanager
def open_tables(place: Path, tally: Tally) -> Iterator[Tables]:
    """The CDM at `place`, read-only.

    Raises UsageError when there is none, when its person or visit_occurrence is missing, or when it turns out damaged.
    """
    is_database = place.is_file() and place.suffix.lower() in _DATABASES
    if not is_database and not place.is_dir():
        raise UsageError(
            f"{place} is no folder of Parquet or CSV files and no DuckDB database ({', '.join(_DATABASES)})"
        )
    if is_database:
        _look_at_magic(place)
    opened = (
        open_warehouse(place, read_only=True, memory=_MEMORY, bare=True)
        if is_database
        else open_warehouse(IN_MEMORY, readable=(place,), memory=_MEMORY, bare=True)
    )
    try:
        with opened as con:
            found = _in_database(con) if is_database else _in_folder(con, place, tally)
            yield Tables(con, _make_views(con, found, tally))
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException):
        raise  # a fault of ours
    except duckdb.Error:
        raise UsageError(
            f"{place.name} cannot be read to its end. Was it cut short, or is another program writing to it?"
        ) from None


def _look_at_magic(place: Path) -> None:
    """Refuse what is no DuckDB database: DuckDB itself would look for an extension that reads it."""
    with place.open("rb") as file:
        is_duckdb = file.read(12)[8:] == _MAGIC
    if not is_duckdb:
        raise UsageError(f"{place.name} is no DuckDB database. Export its tables as Parquet or CSV")


def _in_database(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """By lower-case name the table or view of the database, in whatever schema; one that stands twice is refused."""
    found: dict[str, str] = {}
    rows = con.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = current_database() "
        "order by table_schema, table_name"
    ).fetchall()
    for schema, table in rows:
        name = table.lower()
        if name in COLUMNS:
            if name in found:
                raise UsageError(f"the database has {name} in two schemas. Export a copy with one CDM")
            found[name] = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, table))
    return found


def _in_folder(con: duckdb.DuckDBPyConnection, place: Path, tally: Tally) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(place.iterdir()):
        name, suffix = path.name.partition(".")[0].lower(), "." + path.name.lower().partition(".")[2]
        if name not in COLUMNS or suffix not in _FILES or not path.is_file():
            continue
        if name in found:
            raise UsageError(f"{place} has two files of the table {name}. Take one away")
        found[name] = f"read_parquet({literal(str(path))})" if suffix == ".parquet" else _csv(path)
        try:
            if suffix == ".parquet":
                con.execute(f"describe select * from {found[name]}").fetchall()
            else:
                _count_bad_lines(con, found[name], name, path.name, tally)
        except duckdb.Error:
            raise UsageError(f"{path.name} cannot be read. Was it cut short?") from None
    return found


def _count_bad_lines(con: duckdb.DuckDBPyConnection, source: str, table: str, file: str, tally: Tally) -> None:
    """Read every value of a CSV file once, and count the lines that do not have its columns: they are left out."""
    noting = source.replace("ignore_errors = true", "store_rejects = true")
    con.execute(f"select bit_xor(hash(columns(*))) from {noting}").fetchall()
    ((n_bad, first),) = con.execute("select count(distinct line), min(line) from reject_errors").fetchall()
    if n_bad:
        tally.unmapped(table, "a line that cannot be read", file, first, n=n_bad)
    con.execute("drop table reject_errors; drop table reject_scans").fetchall()


def _csv(path: Path) -> str:
    """The CSV file as text. A file with tabs is read without quotes, as OHDSI's vocabularies are written."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
    except UnicodeDecodeError:
        head = ""
    has_tabs = head.count("\t") > head.count(",")
    names = next(csv.reader([head], delimiter="\t" if has_tabs else ","), [])
    if not names or len({name.lower() for name in names}) != len(names):
        raise UsageError(f"{path.name} has no line of column names in UTF-8, or one stands twice")
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    quoting = "delim = '\t', quote = '', escape = ''" if has_tabs else "delim = ',', quote = '\"', escape = '\"'"
    return (
        f"read_csv({literal(str(path))}, header = true, auto_detect = false, {quoting}, columns = {{{columns}}}, "
        "nullstr = '', ignore_errors = true)"
    )


def _make_views(con: duckdb.DuckDBPyConnection, found: Mapping[str, str], tally: Tally) -> frozenset[str]:
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise UsageError(f"the CDM has no {' and no '.join(missing)}. Name the folder or database with its tables")
    for table, columns in COLUMNS.items():
        there = set()
        if table in found:
            rows = con.execute(f"describe select * from {found[table]}").fetchall()
            there = {str(row[0]).lower() for row in rows}
            tally.dropped(table, sorted(there - set(columns)))
        chosen = [
            f"nullif(trim(cast({name} as varchar)), '') as {name}"
            if name in there
            else f"cast(null as varchar) as {name}"
            for name in columns
        ]
        source = f" from {found[table]}" if table in found else " where false"
        con.execute(f"create temp view cdm_{table} as select {', '.join(chosen)}{source}")
    return frozenset(found)

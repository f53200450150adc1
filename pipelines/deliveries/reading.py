"""Reading a delivered file strictly: its header, its rows as text, and where it cannot be read, without quoting it."""

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS, Feed
from pipelines.deliveries.limits import LONGEST_LINE_BYTES
from pipelines.deliveries.manifest import DeliveredFile
from pipelines.deliveries.migrations import MIGRATIONS, Migration, migrated_header
from pipelines.deliveries.records import csv_header
from pipelines.errors import DeliveryError

_OF_THE_MACHINE = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.PermissionException, duckdb.FatalException)


def columns_of(folder: Path, file: DeliveredFile, migrations: Sequence[Migration] = MIGRATIONS) -> list[str]:
    """The names of the file's columns, in its order; those that the contract does not list are numbered instead.

    Raises DeliveryError when there is no header, a column stands twice, or a required one is missing.
    """
    return _checked(file, FEEDS[file.feed], header_of(folder, file, migrations))


def header_of(folder: Path, file: DeliveredFile, migrations: Sequence[Migration] = MIGRATIONS) -> list[str]:
    """The names of the file's columns as the present contract has them; others stay as they were delivered.

    Raises DeliveryError when they cannot be read or are too many.
    """
    path = folder / file.name
    if file.format == "csv":
        header = csv_header(path)
    else:
        from pipelines.deliveries.parquet import parquet_header  # Arrow: not on a clinic's machine

        header = parquet_header(path)
    return migrated_header(file.feed, header, file.version, migrations)


def _checked(file: DeliveredFile, feed: Feed, header: list[str]) -> list[str]:
    """The header with every column that the contract does not list renamed, so that its name is stored nowhere."""
    place = "line 1" if file.format == "csv" else "its schema"
    alike = [name.strip(" \ufeff").casefold() for name in header]
    if twice := sorted({name for name in alike if name in feed.columns and alike.count(name) > 1}):
        raise DeliveryError(
            f"{file.name}: {place} names a column twice ({', '.join(twice)}; capitals and blanks make no difference). "
            "Send each column once"
        )
    required = [field.name for field in feed.fields if field.is_required and field.name not in header]
    if required:
        raise DeliveryError(
            f"{file.name}: {place} lacks the required column {', '.join(required)}. Add it and send again"
        )
    return [name if name in feed.columns else f"unlisted column {number}" for number, name in enumerate(header)]


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def source(path: Path, file_format: str, names: list[str]) -> str:
    """The SQL that reads the file under these names, every CSV value as text, nothing sniffed and nothing mended."""
    return sources([path], file_format, names, path_as="")


def sources(paths: Sequence[Path], file_format: str, names: list[str], path_as: str) -> str:
    """The SQL that reads files of the same columns one after the other, as `source` does; each row has its file's path besides."""
    places = f"[{', '.join(literal(str(path)) for path in paths)}]"
    named = f", filename = {literal(path_as)}" if path_as else ""
    if file_format == "parquet":
        listed = ", ".join(map(quoted, [*names, path_as] if path_as else names))
        return f"read_parquet({places}{named}) as delivered ({listed})"
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({places}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        f"strict_mode = true, null_padding = false, nullstr = '', max_line_size = {LONGEST_LINE_BYTES}, "
        f"columns = {{{columns}}}{named})"
    )


def unreadable(file: DeliveredFile, error: duckdb.Error) -> Exception:
    """What to raise when DuckDB stumbled over a file: its own error when the machine is at fault (disk, memory, rights).

    Otherwise a DeliveryError that says where, without DuckDB's message: that quotes the line, and so a patient's values.
    """
    if isinstance(error, _OF_THE_MACHINE):
        return error
    found = re.search(r"[Ll]ine:? (\d+)", str(error))
    return DeliveryError(
        f"{file.name}: {f'line {found[1]}' if found else 'a line'} cannot be read. Send the file again"
    )

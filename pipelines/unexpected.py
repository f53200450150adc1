"""What may be said of an error that nobody foresaw: its type and where it was raised. Its text may be a patient's value."""

import re
import traceback
from pathlib import Path

import duckdb

from pipelines.errors import InstallationError, StepcareError

_ABOUT_CODE = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
    duckdb.PermissionException,
    duckdb.SyntaxException,
    duckdb.TransactionException,
)
"""Errors of DuckDB that come before a row is read, or speak of the machine."""


def message_and_code(error: Exception) -> tuple[str, int]:
    """What a command says of such an error, and the exit code that it ends with: 9 for a package that is not installed, else 1."""
    if isinstance(error, ModuleNotFoundError):
        remedy = "make setup, in the checkout of Stepcare, installs all that it needs (the exporter alone has less)"
        return f"this command needs {error.name}, which is not installed here: {remedy}", InstallationError.exit_code
    return f"an error that Stepcare did not expect: {words_for(error)}. Report it", StepcareError.exit_code


def words_for(error: BaseException) -> str:
    """The error's type, file and line; of an error of DuckDB about our own SQL also what it says, but for what it quotes."""
    *_, last = traceback.extract_tb(error.__traceback__)
    place = f"{Path(last.filename).name}, line {last.lineno}"
    if isinstance(error, _ABOUT_CODE):
        said = re.sub(r"'[^']*'|\"[^\"]*\"", "(not shown)", str(error).splitlines()[0])
        return f"DuckDB: {said} ({place})"
    return f"{type(error).__name__} in {place}. Its text is not shown: it may be a value"

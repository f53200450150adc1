"""The published results as Parquet, a file a table of `report.*`, with a data dictionary for people and one for programs.

`datapackage.json` is a Data Package (version 2.0, https://datapackage.org/standard): names, types, meanings and SHA-256 of each.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet

from pipelines.checksums import sha256_of, write_sums
from pipelines.dictionary import table as markdown_table
from pipelines.privacy.disclosure import Declared, declared
from pipelines.sharing.published import Night
from pipelines.tables import SqlFile

DICTIONARY, PACKAGE = "data-dictionary.md", "datapackage.json"
_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "DOUBLE": "number",
    "FLOAT": "number",
}
_UNITS = {
    "_percent": "percent",
    "_day": "day since the first attended contact (day 0)",
    "_days": "days",
    "_weeks": "weeks",
    "_points": "points of the scale",
}
_SHARE_WORDS = {
    "_percent": "in whole percent, from the rounded counts",
    "_percent_lower": "lower end of the 95 % interval (Wilson), whole percent",
    "_percent_upper": "upper end of the 95 % interval (Wilson), whole percent",
    "_percent_words": "in words, also where the percentage itself is withheld",
}


def write_results(folder: Path, night: Night) -> int:
    """Write every released table of the night into the new `folder`; returns the number of tables.

    The same night gives the same bytes: rows in the order of their key, as they were released.
    """
    folder.mkdir()
    resources = []
    for file in night.report_tables:
        place = folder / f"{file.name}.parquet"
        rows = night.con.sql(f"select * from {file.table}").to_arrow_table()
        pyarrow.parquet.write_table(rows, place, compression="zstd")
        resources.append(_resource(place, file, _columns(night, file), rows.num_rows))
    package = _package(night, resources)
    (folder / PACKAGE).write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / DICTIONARY).write_text(_dictionary(night, package), encoding="utf-8")
    write_sums(folder)
    return len(resources)


def meaning_of(column: str, said: Declared) -> str:
    """What a column of a released table holds, by what its query declares: empty where the table's description has to do."""
    wholes = dict(said.parts)
    if column in said.columns:
        of = f", a part of {wholes[column]}" if column in wholes else ""
        return f"a count{of}: rounded; missing when withheld"
    for count in said.columns:
        if column == f"{count}_is_suppressed":
            return f"whether {count} is withheld, for its size or to protect another"
    for part, whole in said.parts:
        for suffix, words in _SHARE_WORDS.items():
            if column == part + suffix:
                return f"{part} of {whole}, {words}"
    meanings = ["part of the key"] if column in said.key else []
    if column in dict(said.figures):
        meanings.append(f"of {dict(said.figures)[column]}; withheld with it")
    meanings += [unit for suffix, unit in _UNITS.items() if column.endswith(suffix)][:1]
    return "; ".join(meanings)


def _columns(night: Night, file: SqlFile) -> list[dict[str, str]]:
    rows = night.con.execute(f"describe {file.table}").fetchall()
    said = declared(file)
    return [
        {"name": str(name), "type": _TYPES.get(str(kind), "integer"), "description": meaning_of(str(name), said)}
        for name, kind, *_ in rows
    ]


def _resource(place: Path, file: SqlFile, columns: list[dict[str, str]], n_rows: int) -> dict[str, Any]:
    return {
        "name": file.name,
        "path": place.name,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "description": file.description,
        "bytes": place.stat().st_size,
        "rows": n_rows,
        "hash": f"sha256:{sha256_of(place)}",
        "schema": {"fields": columns, "primaryKey": list(file.key)},
    }


def _package(night: Night, resources: list[dict[str, Any]]) -> dict[str, Any]:
    of_whom = "simulated patients" if night.generation.is_simulated else "patients of the group's clinics"
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "stepcare-results",
        "title": f"Stepcare: published results of {of_whom}",
        "description": (
            f"Aggregates after disclosure control (profile {night.profile.name}: counts of 1 to "
            f"{night.profile.smallest_shown - 1} withheld, others rounded to {night.profile.rounded_to}). Observational: "
            "differences between groups are no effects, and estimates rest on what was recorded."
        ),
        "version": night.generation.name,
        "created": night.generation.made_at,
        "stepcare": {
            "night": night.generation.name,
            "data_hash": night.generation.data_hash,
            "code_hash": night.generation.code_hash,
            "is_simulated": night.generation.is_simulated,
            "disclosure_profile": night.profile.name,
        },
        "resources": resources,
    }


def _dictionary(night: Night, package: dict[str, Any]) -> str:
    parts = [f"# {package['title']}", package["description"], f"Night: {night.generation.name}."]
    for resource in package["resources"]:
        key = ", ".join(f"`{name}`" for name in resource["schema"]["primaryKey"])
        columns = [(f"`{one['name']}`", one["type"], one["description"]) for one in resource["schema"]["fields"]]
        parts += [
            f"## {resource['path']}",
            resource["description"],
            f"Rows: {resource['rows']:,}. Key: {key or 'one row'}.",
            "\n".join(markdown_table(("column", "type", "what it holds"), columns)),
        ]
    return "\n\n".join(parts) + "\n"

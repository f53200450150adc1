"""R-S4: values are bound; what is composed into SQL as text was written by us. `sql_composition` follows it to its source."""

import pytest

from tests.conftest import ROOT
from tests.sql_composition import Project, read_module, read_project

REVIEWED = {
    "pipelines.backups.fingerprints: name [2bc869c7]": "tables of report.*, which our SQL files made",
    "pipelines.backups.fingerprints: table": "the same",
    "pipelines.carrying: table": "tables that our assets write and declare to read",
    "pipelines.carrying: table [b77cc473]": "the same",
    "pipelines.copying: table [d98a034f]": "tables of a night of ours, by its catalogue",
    "pipelines.delivery_rules: query [7830642e]": "our SQL files, and columns that they return",
    "pipelines.delivery_rules: text [30197fa9]": "one of our SQL files, or a check of the contract",
    "pipelines.deliveries.load: feed": "a feed of FEEDS: the key of what was blocked",
    "pipelines.deliveries.quarantine: listed [11d07ad2]": "fields of the contract, under a name that rows of a query have later",
    "pipelines.diagnosing: _OTHER_CHOICES.format(trial=trial.id)": "a query of ours with decision or index in it",
    "pipelines.diagnosing: together [7001d58a]": "queries of ours: covariates of a protocol, decision or index",
    "pipelines.diagnosing: trial.id": "decision or index",
    "pipelines.diagnosing_fairness: _PROGNOSIS": "a query of ours, whose groups are columns of cohort.strata",
    "pipelines.engine.bucket_tables: _select(source, files)": "columns of our tables with their types; files by literal",
    "pipelines.engine.bucket_tables: schema [dab01d00]": "schemas of our tables",
    "pipelines.engine.bucket_tables: source.table": "tables that our SQL files read",
    "pipelines.engine.models: task.text": "the text of one of our SQL files",
    "pipelines.engine.parity: listed [72542eb6]": "columns of tables that two nights of ours made",
    "pipelines.engine.parity: order [6ddba2b2]": "the same",
    "pipelines.engine.parity: table": "tables that two nights of ours made",
    "pipelines.estimating: name [21af8c14]": "columns of a table of estimates, listed beside the statistics",
    "pipelines.estimating: table": "a table of estimates and its columns, listed beside the statistics",
    "pipelines.estimating: into [938d0f73]": "a table of estimates and its columns, listed beside the statistics",
    "pipelines.estimating: trial.id": "decision or index",
    "pipelines.estimating_courses: trial.id": "decision or index: the two trials of ours",
    "pipelines.exporting.contacts: condition": "conditions of ours on the staging tables",
    "pipelines.exporting.omop.tables: found[table]": "files by literal, names of a database with their quotes doubled",
    "pipelines.exporting.omop.tables: source [20a003ed]": "the same",
    "pipelines.exporting.pooling: condition": "conditions of ours on fields of the contract",
    "pipelines.exporting.refusing: counts [e53ebd95]": "fields of the contract and their rules",
    "pipelines.exporting.rows: feed [4174ccaf]": "a feed of FEEDS",
    "pipelines.exporting.rows: select": "a query of ours over fields of the contract",
    "pipelines.exporting.staging: columns [f95317d2]": "fields of the contract, or columns of ours",
    "pipelines.exporting.staging: feed [33f008c2]": "a feed of FEEDS",
    "pipelines.exporting.staging: table": "staging tables of ours",
    "pipelines.exporting.staging: table [d98a034f]": "the same",
    "pipelines.only_changed: _differing(name)": "tables of clean with their keys, which the contract names",
    "pipelines.only_changed: own": "the name of the night's own database, by DuckDB",
    "pipelines.only_changed: own [ae53534b]": "the same",
    "pipelines.only_changed: shown [5524a9b8]": "tables that our SQL files read, and keys of the contract",
    "pipelines.own_questions.asking: base [60d2918b]": "decision or index, as `starts_from` is checked to be",
    "pipelines.own_questions.asking: sql": "the analyst's own question: parsed first, one SELECT of tables of a night",
    "pipelines.releasing: columns [92586ed1]": "columns of a SELECT of ours",
    "pipelines.results.opening: query": "the analyst's own question, on a connection that only reads",
    "pipelines.sections.making: listed [72cfca0f]": "columns of the two tables of sections, listed beside",
    "pipelines.sections.making: name [722d50ed]": "the two tables of sections",
    "pipelines.sections.question_runner: query": "the analyst's own question, on a connection that only reads",
    "pipelines.sections.texts: column [96542aab]": "columns of clean and cohort, which our SQL files made",
    "pipelines.sections.texts: place [96542aab]": "tables of clean and cohort, which our SQL files made",
    "pipelines.sharing.results: file.table": "a table of our SQL files",
    "pipelines.tables: table": "tables of ours; the names that the exporter counts are its own",
    "pipelines.validation: ', '.join(parts)": "expectations of our contracts",
    "pipelines.validation: table": "the same",
    "pipelines.self_checking: columns [7ba5f6ee]": "covariates of a protocol of ours",
    "pipelines.self_checking: trial": "decision, index or stepped",
}
"""What cannot be followed, and why it is safe. Behind a name stands a hash of what it is assigned: when that changes, somebody
looks again. A value of a delivery, a manifest or a folder never comes here: bind it, or escape it by `literal`."""


def test_sql_is_composed_of_nothing_that_others_wrote() -> None:
    """R-S4: no f-string goes into execute() with anything but our own identifiers, numbers and `literal(...)`."""
    assert sorted(read_project(ROOT).open_ends()) == sorted(REVIEWED)


OPEN = {
    "a parameter that nobody passes": "def f(con, name):\n    con.execute(f'select {name}')",
    "text from a file": "def f(con, path):\n    con.execute(f'drop table {path.read_text()}')",
    "a query put together by +": "def f(con, name):\n    con.execute('select ' + name)",
    "a query put together by format": "def f(con, name):\n    con.execute('select {}'.format(name))",
    "a query put together by %": "def f(con, name):\n    con.execute('select %s' % name)",
    "a name in between": "def f(con, name):\n    query = f'select {name}'\n    con.execute(query)",
    "names in a list": "def f(con, names):\n    con.execute(f\"select {', '.join(names)}\")",
    "names that grow": "def f(con, names):\n    parts = []\n    parts.append(names[0])\n    con.execute(','.join(parts))",
    "a row of another query": "def f(con):\n    row = con.execute('select 1').fetchone()\n    con.execute(f'drop {row[0]}')",
    "what a function returns": "def g(name):\n    return f'select {name}'\ndef f(con, name):\n    con.execute(g(name))",
    "what a caller passes": "def g(con, name):\n    con.execute(name)\ndef f(con, path):\n    g(con, path.name)",
    "the clinic of a manifest": "def f(con, manifest: Manifest):\n    con.sql(f'select {manifest.clinic_code}')",
    "the keys of what was delivered": "def f(con, said):\n    for key, _ in said.items():\n        con.execute(f'select {key}')",
}  # fmt: skip

SAFE = {
    "a constant": "def f(con):\n    con.execute('select ?', [1])",
    "a number": "def f(con, n: int):\n    con.execute(f'select {n}')",
    "a value that is escaped": "def f(con, name):\n    con.execute(f'select {literal(name)}')",
    "a feed": "def f(con, feed: Feed):\n    con.execute(f'select * from raw.{feed.name}')",
    "the contract's columns": "def f(con):\n    for one in FEEDS.values():\n        con.execute(f\"{', '.join(one.columns)}\")",
    "what a function escapes": "def g(name):\n    return f'select {literal(name)}'\ndef f(con, name):\n    con.execute(g(name))",
    "what every caller passes": "def g(con, name):\n    con.execute(f'drop {name}')\ndef f(con):\n    g(con, 'x')",
    "the keys of a table of ours": "T = {'a': 1}\ndef f(con):\n    for key, _ in T.items():\n        con.execute(f'select {key}')",
}  # fmt: skip


def test_the_keys_of_an_imported_table_of_ours_are_followed() -> None:
    uses = "from other import T\ndef f(con):\n    for key, _ in T.items():\n        con.execute(f'select {key}')"
    ours, theirs = "T = {'a': 1}", "import json\nT = json.loads('{}')"
    for text, is_open in ((ours, False), (theirs, True)):
        project = Project([read_module("m", uses), read_module("other", text)])
        assert bool(project.open_ends()) == is_open


@pytest.mark.parametrize("kind", OPEN)
def test_composing_with_what_others_wrote_is_found(kind: str) -> None:
    assert Project([read_module("m", OPEN[kind])]).open_ends()


@pytest.mark.parametrize("kind", SAFE)
def test_composing_with_what_we_wrote_is_not(kind: str) -> None:
    assert not Project([read_module("m", SAFE[kind])]).open_ends()

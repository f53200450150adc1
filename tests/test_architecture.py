"""The house rules that a machine can keep."""

import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import build_definitions
from pipelines.deliveries.raw import RAW_TABLES
from pipelines.diagnostic_contracts import CONTRACTS as DIAGNOSTIC_CONTRACTS
from pipelines.estimate_contracts import CONTRACTS
from pipelines.self_check.tables import SELF_CHECK_TABLES
from pipelines.self_check_contracts import CONTRACTS as SELF_CHECK_CONTRACTS
from pipelines.settings import Settings
from pipelines.tables import SQL_FOLDER, SqlFile, in_order, sql_files
from tests.conftest import ROOT

SNAPSHOT = ROOT / "tests" / "asset_graph.txt"
PYTHON_TABLES = {
    *(f"raw/{table}" for table in RAW_TABLES),
    "checks/results",
    "checks/results_by_clinic",
    "checks/history",
    "estimates/effects",
    "estimates/scores",
    "estimates/arm_means",
    "estimates/episode_effects",
    "estimates/heterogeneity",
    "estimates/rule_values",
    "estimates/rules",
    "estimates/models",
    "estimates/model_history",
    "estimates/notices",
    "estimates/natural_course",
    "estimates/improvement_curves",
    "estimates/improvement_effects",
    "estimates/sessions_to_improvement",
    "estimates/dose_effects",
    "estimates/regimes",
    "estimates/protocols",
    "estimates/sensitivity",
    "estimates/own_questions",
    "estimates/own_effects",
    "report/pages",
    "report/practitioner_editions",
    "report/appendix",
    "report/published",
    "estimates/prognosis",
    "estimates/prognosis_performance",
    "estimates/prognosis_calibration",
    "estimates/decision_curve",
    "estimates/prognosis_points",
    "estimates/prognosis_risks",
    "estimates/case_mix",
    "estimates/funnel",
    "estimates/clinic_courses",
    "diagnostics/balance",
    "diagnostics/overlap",
    "diagnostics/weights",
    "diagnostics/baseline",
    "diagnostics/missing_data",
    "diagnostics/influence",
    "diagnostics/confounding",
    "diagnostics/confounding_benchmarks",
    "diagnostics/confounding_contours",
    "diagnostics/missing_outcomes",
    "diagnostics/specifications",
    "diagnostics/concerns",
    "diagnostics/stability",
    "diagnostics/effect_history",
    "diagnostics/fairness",
    "diagnostics/published_figures",
    "report/sections",
    "report/section_values",
    "notebooks/pages",
    *(f"self_checks/{table}" for table in SELF_CHECK_CONTRACTS),
}
SCHEMAS = ("clean", "cohort", "self_checks", "report")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = tmp_path_factory.mktemp("graph")
    return build_definitions(Settings(home=home / "home", inbox=home / "inbox"))


def _graph(definitions: dg.Definitions) -> list[str]:
    graph = definitions.resolve_asset_graph()
    lines = []
    for key in sorted(graph.get_all_asset_keys(), key=lambda key: key.path):
        node = graph.get(key)
        parents = ", ".join(sorted(parent.to_user_string() for parent in node.parent_keys))
        lines.append(f"{key.to_user_string()} [{node.group_name}] <- {parents}")
    checks = sorted((key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys)
    return [*lines, "", *(f"{asset} ? {name}" for asset, name in checks)]


def test_the_asset_graph_is_the_one_that_was_agreed(definitions: dg.Definitions) -> None:
    """After a change that was meant: python -m tests.test_architecture"""
    assert SNAPSHOT.read_text(encoding="utf-8").splitlines() == _graph(definitions)


def test_one_name_in_four_places(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assets = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}
    files = {f"{file.schema}/{file.name}": file for schema in SCHEMAS for file in sql_files(schema)}
    assert set(assets) == set(files) | PYTHON_TABLES
    for name, node in assets.items():
        assert node.group_name == name.split("/")[0], "the group is the schema"
        assert (ROOT / "assets" / f"{node.group_name}.py").is_file(), "the module is the schema"
        assert node.description, f"{name} needs a description"


def test_a_step_is_named_for_the_stage_that_its_seconds_are_counted_for(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        step = graph.assets_def_for_key(key).node_def.name
        assert step.split("__")[0] == graph.get(key).group_name, step


def test_every_asset_of_a_table_has_a_contract_check(definitions: dg.Definitions) -> None:
    checks = {key.asset_key.to_user_string() for key in definitions.resolve_asset_graph().asset_check_keys}
    assert checks >= {f"{file.schema}/{file.name}" for schema in SCHEMAS for file in sql_files(schema)}
    for schema, contracts in (("estimates", CONTRACTS), ("diagnostics", DIAGNOSTIC_CONTRACTS)):
        own = {name for name in PYTHON_TABLES if name.startswith(f"{schema}/")}
        assert {f"{schema}/{name}" for name in contracts} == own
        assert own <= checks
    assert set(SELF_CHECK_CONTRACTS) == set(SELF_CHECK_TABLES)


@pytest.mark.parametrize(
    "file", [f for schema in (*SCHEMAS, "checks") for f in sql_files(schema)], ids=lambda f: f.table
)
def test_a_sql_file_is_one_select_without_templates_or_the_clock(file: SqlFile) -> None:
    code = re.sub(r"--.*|'[^']*'", "", file.text)
    assert ";" not in code
    assert not re.search(r"\{\{|\{%|current_date|current_timestamp|\bnow\(|today\(", code.lower())


def test_the_layers_only_look_down() -> None:
    order = ["raw", "clean", "cohort", "checks", "estimates", "diagnostics", "self_checks", "report"]
    for schema in (*SCHEMAS, "checks"):
        for file in sql_files(schema):
            read = {table.split(".")[0] for table in file.reads}
            assert all(order.index(other) <= order.index(schema) for other in read), file.table


def test_every_schema_can_be_put_in_order() -> None:
    for schema in SCHEMAS:
        assert len(in_order(sql_files(schema))) == len(list((SQL_FOLDER / schema).glob("*.sql")))


def test_nothing_is_named_utils_helpers_or_common() -> None:
    names = [path for top in ("assets", "pipelines") for path in (ROOT / top).rglob("*.py")]
    assert not [path for path in names if re.search(r"util|helper|common|misc", path.stem)]


def test_no_module_grows_beyond_what_a_person_reads_at_once() -> None:
    long = [
        path.relative_to(ROOT)
        for top in ("assets", "pipelines")
        for path in (ROOT / top).rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > 300
    ]
    assert long == []


def test_reading_results_needs_neither_dagster_nor_scikit_learn() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, pipelines.results; print(sorted(m.split('.')[0] for m in sys.modules))"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout  # fmt: skip
    assert not {"dagster", "sklearn", "great_expectations"} & set(re.findall(r"'(\w+)'", loaded))


def test_the_lock_holds_hashes_and_no_address() -> None:
    for name in sorted(path.name for path in ROOT.glob("requirements*.lock")):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^([A-Za-z0-9._-]+(?:\[[^\]]+\])?)==", text, re.MULTILINE)
        assert pinned, name
        assert text.count("--hash=sha256:") >= len(pinned)
        assert "://" not in text


def _write_snapshot() -> None:
    SNAPSHOT.write_text(
        "\n".join(_graph(build_definitions(Settings(Path("var"), Path("inbox"))))) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    _write_snapshot()

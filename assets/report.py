"""What leaves: disclosure-controlled aggregates (`sql/report`), the pages made from them, and the swap that publishes both."""

from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from pipelines.diagnostic_contracts import CONTRACTS as DIAGNOSTICS
from pipelines.editions import appendix_places, make_editions, seal_editions
from pipelines.filing import PERIODS, today
from pipelines.generations import REPORTS, WAREHOUSE
from pipelines.privacy.profiles import profile_of
from pipelines.publishing import publish_night, stamp_of
from pipelines.releasing import has_passed_disclosure, read_released, write_released
from pipelines.reporting.appendix.building import TABLES as APPENDIX_TABLES
from pipelines.reporting.branding import read_report_configuration
from pipelines.reporting.building import TABLES, build_reports
from pipelines.reporting.night_pages import write_night_pages
from pipelines.reporting.pages import write_pages
from pipelines.reporting.sections import TABLES as SECTION_TABLES
from pipelines.resources import NightBuild
from pipelines.sections.making import write_sections
from pipelines.sql_assets import asset_key, contract_checks, sql_asset
from pipelines.tables import SqlFile, sql_files

_FILES = sql_files("report")
_SECTION_TABLES = {
    "sections": "One row a section that analysts added to the reports: what it is, or why it could not be made.",
    "section_values": "One row a value of such a section, as it may leave: by clinic (or 'network'), row and column.",
}
_SECTION_DEPS = [
    *(asset_key(file.table) for file in _FILES),
    *(asset_key(f"diagnostics.{name}") for name in DIAGNOSTICS),
]


def _write(con: duckdb.DuckDBPyConnection, file: SqlFile, night: NightBuild) -> int:
    return write_released(con, file, profile_of(night.settings.home))


report_tables = [sql_asset(file, _write) for file in _FILES]
report_contracts = contract_checks(_FILES)


def _disclosure_check(file: SqlFile) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset_key(file.table),
        name="disclosure",
        blocking=True,
        description="Every count is withheld, 0, or rounded and large enough to be shown.",
    )
    def disclosure(context: dg.AssetCheckExecutionContext, night: NightBuild) -> dg.AssetCheckResult:
        with night.warehouse(context.run.run_id) as con:
            return dg.AssetCheckResult(passed=has_passed_disclosure(con, file, profile_of(night.settings.home)))

    return disclosure


report_disclosure = [_disclosure_check(file) for file in _FILES]


@dg.multi_asset(
    name="report__sections",
    specs=[
        dg.AssetSpec(["report", name], deps=_SECTION_DEPS, group_name="report", description=said, kinds={"python"})
        for name, said in _SECTION_TABLES.items()
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "all_made", asset=["report", "sections"], description="Every configured section could be made."
        )
    ],
)
def sections(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Ask the sections that are configured. Whatever goes wrong with one is told in the report in words, and stops nothing."""
    from pipelines.sections.nightly import made_or_told

    run_id = context.run.run_id
    with night.warehouse(run_id):
        pass  # a run that begins with the reports starts from a copy of the published night
    night.close()  # a section is asked in a process of its own, which could not open a file that this one holds
    home, path = night.settings.home, night.folder(run_id) / WAREHOUSE
    made, troubles = made_or_told(home, path, lambda: night.warehouse(run_id), context.log.info)
    with night.warehouse(run_id) as con:
        rows = write_sections(con, made)
    for name, n_rows in rows.items():
        yield dg.MaterializeResult(asset_key=["report", name], metadata={"dagster/row_count": n_rows})
    yield dg.AssetCheckResult(
        asset_key=["report", "sections"],
        check_name="all_made",
        passed=not troubles,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(troubles) or None,
    )


@dg.asset(
    key_prefix="report",
    deps=[*(asset_key(file.table) for file in _FILES), *(asset_key(f"report.{name}") for name in SECTION_TABLES)],
    group_name="report",
    description="The night's pages on process and freshness, and the reports of a week or month that is over, made from report.*.",
    kinds={"html"},
)
def pages(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Build the report model and write its pages and the editions that are due into the run's folder.

    All of it where an error's text is not told: it could be a value.
    """
    run_id = context.run.run_id
    with night.warehouse(run_id) as con:
        tables = {name: read_released(con, f"report.{name}") for name in (*TABLES, *SECTION_TABLES)}
        stamp = stamp_of(con, run_id, profile_of(night.settings.home))
        reports = build_reports(tables, stamp, read_report_configuration(night.settings.home))
        folder = night.folder(run_id)
        if night.as_of:
            written, editions = write_pages(folder / REPORTS, reports), 0
        else:
            written = write_night_pages(folder / REPORTS, reports)
            editions = make_editions(night.settings, folder / PERIODS, reports, today(night.settings))
    return dg.MaterializeResult(metadata={"pages": len(written), "editions": editions})


@dg.asset(
    key_prefix="report",
    deps=[pages, asset_key("estimates.case_mix")],
    group_name="report",
    description="Practitioners' own reports of a week or month that is over, for each practitioner and the clinical lead; none "
    "unless they are switched on.",
    kinds={"html"},
)
def practitioner_editions(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Write practitioners' editions that are due into the run's folder."""
    from pipelines.practitioner_reports import make_practitioner_editions

    run_id, profile = context.run.run_id, profile_of(night.settings.home)
    with night.warehouse(run_id) as con:
        stamp = stamp_of(con, run_id, profile)
        folder = night.folder(run_id) / PERIODS
        day = today(night.settings)
        written = 0 if night.as_of else make_practitioner_editions(night.settings, con, folder, stamp, profile, day)
    return dg.MaterializeResult(metadata={"editions": written})


@dg.asset(
    key_prefix="report",
    deps=[pages, *(asset_key(f"report.{name}") for name in APPENDIX_TABLES)],
    group_name="report",
    description="The methods appendix as page, PDF and JSON, a model card a model and the reporting standards item by item, made "
    "from report.* alone.",
    kinds={"html"},
    check_specs=[
        dg.AssetCheckSpec(
            "reporting_standards",
            asset=["report", "appendix"],
            description="Every item of the reporting standards that the pipeline answers is answered, or a refusal says why not.",
        )
    ],
)
def appendix(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Write the methods appendix of the network's editions, and say which items of the standards nothing fills."""
    from pipelines.reporting.appendix.files import standards_left, write_appendix

    run_id = context.run.run_id
    with night.warehouse(run_id) as con:
        tables = {name: read_released(con, f"report.{name}") for name in APPENDIX_TABLES}
        stamp = stamp_of(con, run_id, profile_of(night.settings.home))
        places = appendix_places(night.settings, night.folder(run_id), stamp, is_as_of=bool(night.as_of))
        made = [write_appendix(place, tables, own, navigation) for place, own, navigation in places]
        written = [file for files, _ in made for file in files]
        absent = made[0][1] if made else standards_left(tables, stamp)
    answered = dg.AssetCheckResult(
        check_name="reporting_standards",
        passed=not absent,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(absent) or None,
    )
    return dg.MaterializeResult(metadata={"files": len(written)}, check_results=[answered])


@dg.asset(
    key_prefix="report",
    deps=[pages, appendix, practitioner_editions, *(asset_key(f"diagnostics.{name}") for name in DIAGNOSTICS)],
    group_name="report",
    description="The night as readers see it: warehouse and pages, swapped in at once. Until then the last good night stays.",
    kinds={"duckdb"},
)
def published(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Make this run's folder the published generation."""
    run_id = context.run.run_id
    night.close()
    seal_editions(night.folder(run_id))
    generation = publish_night(night.settings, night.folder(run_id), run_id)
    place = Path(night.settings.generations, generation.name)
    return dg.MaterializeResult(metadata={"generation": generation.name, "folder": dg.MetadataValue.path(str(place))})

"""The code location: every asset and check of `assets`, the jobs, schedules and sensor, and the one resource."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

import assets
from pipelines.delivery_jobs import build_delivery_schedule, delivery
from pipelines.resources import NightBuild
from pipelines.schedules import build_schedules, freshness, nightly, weekly_report, weekly_self_check
from pipelines.settings import Settings
from pipelines.upkeep_jobs import build_upkeep_schedules, restore_drill, upkeep


def build_definitions(
    settings: Settings | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
    *,
    is_from_store: bool = False,
    as_of: str = "",
    **resources: Any,
) -> dg.Definitions:
    """The real code location, for the installation of `settings` (default: the environment's).

    With `is_from_store` its nights take nothing over from an earlier one; with `as_of` they go by what was known then.
    `resources` replaces resources by name, so that tests build the same graph on other folders.
    """
    settings = settings or Settings.from_environment()
    schedules, sensors = build_schedules(settings)
    night = NightBuild(
        home=str(settings.home),
        inbox=str(settings.inbox),
        timezone=settings.timezone,
        notebooks=str(settings.notebooks or ""),
        is_from_store=is_from_store,
        as_of=as_of,
    )
    return dg.Definitions(
        assets=dg.map_asset_specs(lambda spec: _with_freshness(spec, settings.timezone), _assets()),
        asset_checks=dg.load_asset_checks_from_package_module(assets),
        jobs=[nightly, weekly_report, weekly_self_check, upkeep, restore_drill, delivery],
        schedules=[*schedules, *build_upkeep_schedules(settings), build_delivery_schedule(settings)],
        sensors=sensors,
        resources={"night": night} | resources,
        loggers=dict(loggers or {}),
        executor=dg.in_process_executor,
    )


def _assets() -> list[dg.AssetsDefinition]:
    found = dg.load_assets_from_package_module(assets)
    return [asset for asset in found if isinstance(asset, dg.AssetsDefinition)]


def _with_freshness(spec: dg.AssetSpec, timezone: str) -> dg.AssetSpec:
    """The published night is what people rely on: its freshness is what is watched."""
    if spec.key == dg.AssetKey(["report", "published"]):
        return spec.replace_attributes(freshness_policy=freshness(timezone))
    return spec


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster's tools load: the code location of the environment's installation."""
    return build_definitions()

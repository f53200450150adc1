"""What analysts ask every night: their notebooks on what was published, in processes of their own."""

import dagster as dg

from pipelines.resources import NightBuild


@dg.asset(
    key_prefix="notebooks",
    deps=[dg.AssetKey(["report", "published"])],
    group_name="notebooks",
    description="What the notebooks show of the published night, as pages in the home that are for its owner alone.",
    kinds={"html"},
    check_specs=[
        dg.AssetCheckSpec(
            "ended_well",
            asset=["notebooks", "pages"],
            description="Every notebook came to its end; the others are named.",
        )
    ],
)
def pages(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Run the notebooks. The night is published already, and nothing that a notebook does can change or stop it."""
    from pipelines.notebooks.nightly import run_notebooks
    from pipelines.unexpected import words_for

    went, failed = [], list[str]()
    try:
        went = run_notebooks(night.settings, None, context.log.info) if night.settings.notebooks else []
        failed = [f"{one.name}: {one.failure}" for one in went if one.failure]
    except Exception as error:  # noqa: BLE001 (what is published stands, whatever happens to the notebooks)
        failed = [f"the notebooks could not be run: {words_for(error)}"]
    ended = dg.AssetCheckResult(
        check_name="ended_well",
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(failed) or None,
    )
    return dg.MaterializeResult(metadata={"notebooks": len(went), "failed": len(failed)}, check_results=[ended])

# %% [markdown]
# # A first look at the published results
#
# Read-only. Run it as a script (`python notebooks/first_look.py`) or cell by cell in an editor that knows `# %%`.
# `STEPCARE_HOME` says whose results are opened, unless a warehouse file or a published folder is named:
# `python notebooks/first_look.py var/current`.
#
# Episodes and scores are patient level. Nothing printed here is one patient's, but counts are exact:
# for what may leave, use `report.*`.

# %%
import sys

from pipelines.errors import NotPublished
from pipelines.results import Results, open_results

# %% [markdown]
# ## The tables
#
# `raw` to `estimates` are patient level; only `report` passed disclosure control.

# %%
TABLES = """
select
    tables.schema_name || '.' || tables.table_name as table_name,
    tables.estimated_size as n_rows
from duckdb_tables() as tables
order by list_position(['raw', 'clean', 'cohort', 'checks', 'estimates', 'report'], tables.schema_name), table_name
"""


def print_tables(results: Results) -> None:
    print("\nTables")
    for table in results.sql(TABLES).df.itertuples():
        print(f"  {table.table_name:<32} {table.n_rows:>10,} rows")


# %% [markdown]
# ## Who is left out, and at which step
#
# A step takes out those who met no earlier step.

# %%
FLOW = """
select flow.trial, flow.step_no, flow.step, flow.n_left_out, flow.n_remaining
from cohort.exclusion_flow as flow
order by flow.trial, flow.step_no
"""


def print_flow(results: Results) -> None:
    print("\nWho is left out")
    for step in results.sql(FLOW).df.itertuples():
        print(f"  {step.trial:<9} {step.step:<32} {step.n_left_out:>8,} out {step.n_remaining:>8,} remain")


# %% [markdown]
# ## The effects
#
# Risk differences for outcomes that begin with r30d, points of the scale for the others. Positive is better for the
# arm that is named first. A refused estimate has a reason and no number. These are from records, not from a trial
# (docs/methods.md).


# %%
def print_effects(results: Results) -> None:
    print("\nEffects, with 95 % interval")
    for effect in results.effects(by=None).df.itertuples():
        named = f"  {effect.trial:<9} {effect.outcome:<13} {effect.contrast:<36}"
        if effect.status == "refused":
            print(f"{named} refused: {effect.reason}")
        else:
            print(f"{named} {effect.estimate:6.2f} ({effect.lower:.2f} to {effect.upper:.2f})  n {effect.n:,}")


# %%
def main(arguments: list[str]) -> int:
    try:
        results = open_results(arguments[0] if arguments else None)
    except NotPublished as nothing:
        print(f"first_look: {nothing}", file=sys.stderr)
        return nothing.exit_code
    with results:
        print(f"Opened {results.path}")
        print_tables(results)
        print_flow(results)
        print_effects(results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# %% [markdown]
# # A tour of the data
#
# What was published, which tables there are and what one row of each is, what was refused, and how far the records
# can be trusted. Counts here are exact: for work inside only. What may leave is in `report.*`, or a copy made by
# `.safe()`.

# %%
from pipelines.results import Dots, open_results

results = open_results()
night = results.provenance
print(f"Night {night.name}{', simulated data' if night.is_simulated else ''}")

# %% [markdown]
# ## The tables
#
# `raw` to `diagnostics` hold patients or exact counts. `results.tables("cohort.outcomes")` gives the columns of one
# of them with unit, range and codes.

# %%
SCHEMAS = """
select tables.schema_name as schema, count(*) as tables, sum(tables.estimated_size) as rows_about
from duckdb_tables() as tables
group by schema
order by schema
"""
results.sql(SCHEMAS, title="Tables by schema").table()

# %%
tables = results.tables()
tables.only(tables.df["name"].str.startswith("cohort."), "Tables of the cohort").table(most=60)

# %%
results.tables("cohort.outcomes").table()

# %% [markdown]
# ## What arrived, and what was set aside
#
# A row or value that breaks the contract is set aside with the rule that it breaks, never with its value.

# %%
ARRIVED = """
select episodes.clinic_code as clinic, count(*) as n_episodes, count(distinct episodes.patient_key) as n_patients,
    min(episodes.index_period) as first_quarter, max(episodes.index_period) as last_quarter
from cohort.episodes as episodes
group by clinic
order by clinic
"""
results.sql(ARRIVED, title="Episodes of care by clinic").table()

# %%
SET_ASIDE = """
select broken.feed, broken.field, broken.scope, broken.rule, count(*) as times
from raw.quarantine as broken
group by all
order by times desc, broken.feed, broken.field, broken.scope, broken.rule
limit 15
"""
results.sql(SET_ASIDE, title="Set aside most often").table()

# %% [markdown]
# ## Can the records be trusted?
#
# The checks that are broken most, with what is usual and what to do. A check that is not met is a question to the
# clinic, not yet an error.

# %%
results.quality().table(most=10)

# %% [markdown]
# ## Who answered
#
# Missing answers are seldom missing by chance. Where few answered, what the others say may not stand for all.

# %%
ANSWERED = """
select
    episodes.clinic_code as clinic,
    count(*) filter (where strata.is_due_12wk) as n_due,
    count(*) filter (where strata.has_answered_12wk) as n_answered,
    round(100.0 * n_answered / nullif(n_due, 0), 1) as percent_answered
from cohort.strata as strata
inner join cohort.episodes as episodes on strata.episode_key = episodes.episode_key
group by clinic
order by clinic
"""
answered = results.sql(
    ANSWERED,
    title="Answered at 12 weeks, of those whose answer was due",
    dots=Dots(("clinic",), "percent_answered", "percent_answered", "percent_answered", "% answered, by clinic"),
)
answered.show()

# %%
results.close()

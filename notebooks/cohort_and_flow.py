# %% [markdown]
# # The cohort and its flow
#
# Who is compared in each trial, who is left out and at which step, what was started, and what the arms were like at
# time zero.

# %%
from pipelines.results import Dots, open_results

results = open_results()

# %% [markdown]
# ## From all episodes to those who are compared
#
# A step takes out those who met no earlier one. Who is not eligible is not 'better' or 'worse': the comparison says
# nothing about them.

# %%
FLOW = """
select flow.step_no || '. ' || flow.step as step, flow.n_left_out, flow.n_remaining
from cohort.exclusion_flow as flow
where flow.trial = ?
order by flow.step_no
"""


def flow_of(trial):
    remaining = Dots(("step",), "n_remaining", "n_remaining", "n_remaining", "episodes that remain", reference=0.0)
    return results.sql(FLOW, [trial], title=f"Who is compared: {trial}", dots=remaining)


flow_of("decision").show()

# %%
flow_of("decision").table()

# %%
flow_of("index").show()

# %% [markdown]
# ## What was started in the first 14 days
#
# Clinicians chose the treatments, so the arms differ before anything was done.

# %%
STARTED = """
select index_arms.index_arm as arm, count(*) as n_episodes,
    count(*) filter (where covariates.start_risk = 'high') as n_high_risk
from cohort.index_arms as index_arms
inner join cohort.covariates as covariates on index_arms.episode_key = covariates.episode_key
group by arm
order by arm
"""
results.sql(STARTED, title="What was started", counts=["n_episodes"], parts=[("n_high_risk", "n_episodes")]).table()

# %% [markdown]
# ## The arms at time zero
#
# Before any weighting. No test of significance: a difference that matters need not be significant, nor the other way
# round. What remains after weighting is in `diagnostics.balance`.

# %%
has_arms = len(results.sql("select 1 from diagnostics.baseline where trial = 'decision' limit 1"))
results.table1("decision").table(most=60) if has_arms else "The arms are too small to be described."

# %% [markdown]
# ## Screening
#
# 'Unknown' is not 'no': what was not asked is never read as absent.

# %%
SCREENING = """
select screening.condition,
    count(*) filter (where screening.status = 'met') as n_met,
    count(*) filter (where screening.status = 'not_met') as n_not_met,
    count(*) filter (where screening.status = 'unknown') as n_unknown
from cohort.screening as screening
group by all
order by n_unknown desc, screening.condition
limit 20
"""
results.sql(SCREENING, title="Conditions by what is known of them, the least known first").table()

# %%
results.close()

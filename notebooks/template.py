# %% [markdown]
# # Template
#
# The question in one sentence; who it is asked of; what would be a useful answer, and what this cannot tell.

# %%
from pipelines.results import open_results, share

results = open_results()

# %% [markdown]
# ## In one picture
#
# A question that `pipelines.results` knows: it brings its note with it.

# %%
results.outcomes(by="sex").show()

# %% [markdown]
# ## An own question
#
# Any SELECT. Say which columns count people (`counts`), which are part of which (`parts`), and how it is drawn; then
# `.safe()` makes a copy that may be shared.

# %%
QUESTION = """
select episodes.main_site as site, count(*) as n_episodes,
    count(*) filter (where strata.has_answered_12wk) as n_answered
from cohort.episodes as episodes
inner join cohort.strata as strata on episodes.episode_key = strata.episode_key
where strata.is_due_12wk and episodes.main_site is not null
group by site
order by site
"""
answer = results.sql(
    QUESTION,
    title="Answered at 12 weeks, by where it hurt most",
    counts=["n_episodes"],
    parts=[("n_answered", "n_episodes")],
    dots=share("n_answered", ["site"], "% of those whose answer was due"),
)
answer.show()

# %%
answer.safe().table()

# %%
results.close()

# %% [markdown]
# # Who is expected to gain from adding manipulation?
#
# Only asked where an effect in all could be estimated, and only believed where two tests on people who were not used
# to learn agree. Most nights the honest answer is that no reliable difference between patients was found: then the
# average is the answer for everybody.

# %%
from dataclasses import replace

from pipelines.results import open_results

results = open_results()

# %% [markdown]
# ## Do patients differ at all?

# %%
DIFFER = """
select test.trial, test.outcome, test.contrast, test.test, test.estimate, test.lower, test.upper, test.is_passed,
    test.verdict
from estimates.heterogeneity as test
anti join self_checks.withheld as withheld
    on test.trial = withheld.trial and test.outcome = withheld.outcome and test.contrast = withheld.contrast
order by test.trial, test.outcome, test.contrast, test.test
"""
results.sql(DIFFER, title="Tests of whether patients differ").table()

# %% [markdown]
# ## Groups that were fixed in advance
#
# Written down, with reason and source, before anybody looked at an outcome; each is drawn toward the average.
# Intervals that overlap do not tell groups apart. A group that somebody finds afterwards by looking is not evidence.

# %%
by_group = results.effects(by=None)
is_asked = (
    (by_group.df["trial"] == "decision")
    & (by_group.df["outcome"] == "r30d_12wk")
    & (by_group.df["group_name"] != "all")
)
in_groups = replace(
    by_group.only(is_asked, "Extra patients with 30 % less disability when manipulation was added, by group"),
    dots=replace(by_group.dots, labels=("group_name", "group_level"), axis="risk difference at 12 weeks"),
)
in_groups.show()

# %%
in_groups.table(columns=["group_name", "group_level", "status", "estimate", "lower", "upper", "n", "reason"])

# %% [markdown]
# ## Labels
#
# How many episodes have which label. A label is about people alike, on average; it never says what one patient needs,
# and screening comes first.

# %%
LABELS = """
select labels.contrast, labels.label, count(*) as n_episodes
from self_checks.labels as labels
where labels.trial = 'decision' and labels.outcome = 'r30d_12wk'
group by all
order by all
"""
results.sql(LABELS, title="Labels at the decision visit", counts=["n_episodes"]).table()

# %% [markdown]
# ## A rule, if there is one
#
# The value of a rule learned this way against the best single treatment, judged on people it was not learned from.

# %%
RULES = """
select rule.trial, rule.outcome, rule.status, rule.is_shown, rule.gain, rule.gain_lower, rule.gain_upper, rule.reason
from estimates.rule_values as rule
order by rule.trial, rule.outcome
"""
results.sql(RULES, title="Learned rules").table()

# %%
results.close()

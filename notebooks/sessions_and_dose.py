# %% [markdown]
# # Sessions and dose
#
# How many sessions came before improvement, what was given, and what can be said about more or less of it. **Who
# improves stops coming: the number of sessions in 12 weeks is never an effect.**

# %%
from dataclasses import replace

from pipelines.results import Dots, open_results, share

results = open_results()

# %% [markdown]
# ## Sessions attended
#
# Described by what was started in the first 14 days, among those observed for 12 weeks.

# %%
SESSIONS = """
select dose.arm, count(*) as n_episodes, quantile_cont(dose.sessions, 0.25) as lower_quarter,
    median(dose.sessions) as median_sessions,
    quantile_cont(dose.sessions, 0.75) as upper_quarter
from cohort.dose as dose
where dose.is_observed_12wk and dose.arm is not null
group by dose.arm
order by dose.arm
"""
sessions = results.sql(
    SESSIONS,
    title="Sessions in 12 weeks: the middle half of patients",
    counts=["n_episodes"],
    dots=Dots(
        ("arm",), "median_sessions", "lower_quarter", "upper_quarter", "sessions: median, and the quarters around it"
    ),
)
sessions.show()

# %%
ATTENDED = """
select sessions.clinic_code as clinic, count(*) as n_booked, count(*) filter (where sessions.is_attended) as n_attended
from cohort.sessions as sessions
group by clinic
order by clinic
"""
attended = results.sql(
    ATTENDED,
    title="Booked contacts that were attended, by clinic",
    counts=["n_booked"],
    parts=[("n_attended", "n_booked")],
    dots=share("n_attended", ["clinic"], "% attended (contacts, not patients)"),
)
attended.show()

# %% [markdown]
# ## Sessions before improvement
#
# Share improved by the number of sessions attended; the end of care competes. Lines that rise together show the
# natural course, not the treatment.

# %%
BEFORE = """
select course.arm, course.sessions, 100 * course.cumulative_improved as improved_percent,
    100 * course.lower as lower_percent,
    100 * course.upper as upper_percent, course.n_at_risk
from estimates.sessions_to_improvement as course
where course.improvement = 'first' and course.sessions in (2, 4, 8)
order by course.arm, course.sessions
"""
before = results.sql(
    BEFORE,
    title="First improvement by sessions attended",
    dots=Dots(
        ("arm", "sessions"), "improved_percent", "lower_percent", "upper_percent", "% improved by so many sessions"
    ),
)
before.show()

# %% [markdown]
# ## More of it, among those manipulated
#
# Technique and number of sessions of the first 14 days, adjusted for what was recorded, where patients overlap.
# Refusals say why nothing can be said.

# %%
DOSE = """
select dose.trial, dose.outcome, dose.contrast, dose.status, dose.estimate, dose.lower, dose.upper, dose.n, dose.reason
from estimates.dose_effects as dose
where dose.group_name = 'all'
order by dose.trial, dose.outcome, dose.contrast
"""
dose = results.sql(DOSE, title="Effects of technique and early dose")
shown = replace(
    dose.only(dose.df["outcome"].str.startswith("r30d"), "Risk difference of 30 % less disability by early dose"),
    dots=Dots(("contrast", "outcome"), "estimate", "lower", "upper", "risk difference", reference=0.0),
)
shown.show()

# %%
dose.table()

# %% [markdown]
# ## Within one session
#
# Change from before to after a session: described, no effect. It regresses to the mean, and nobody was asked who was
# not treated.

# %%
WITHIN = """
select within_session.measure, within_session.treatment, count(*) as n_sessions,
    avg(within_session.change) as mean_change
from cohort.within_session as within_session
group by all
order by all
"""
results.sql(
    WITHIN, title="Change within a session", counts=["n_sessions"], figures=[("mean_change", "n_sessions")]
).table()

# %%
results.close()

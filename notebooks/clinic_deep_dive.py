# %% [markdown]
# # One clinic, in depth
#
# What to look at before talking with a clinic: its records first, then its care, then how its patients did.
# `STEPCARE_CLINIC` chooses the clinic; without it the first by code is taken. **Differs from expected: check the data
# first.** This is no ranking, and most differences are chance.

# %%
import os

from pipelines.results import Dots, open_results, share

results = open_results()
codes = list(results.clinics().df["clinic"])
clinic = os.environ.get("STEPCARE_CLINIC") or next(iter(codes), "")
assert clinic in codes or not codes, f"STEPCARE_CLINIC must be one of {', '.join(codes)}"
print(f"Clinic {clinic}, one of {len(codes)}" if codes else "No clinic has an episode yet")

# %% [markdown]
# ## Its records
#
# The checks that this clinic breaks most, beside what is usual.

# %%
CHECKS = """
select checks.check_name, checks.status, checks.n_broken, checks.n_rows, checks.percent_broken, checks.usual_percent,
    checks.is_sudden_change
from checks.results_by_clinic as checks
where checks.clinic_code = ? and checks.n_broken > 0
order by checks.is_sudden_change desc, checks.percent_broken desc, checks.check_name
"""
results.sql(CHECKS, [clinic], title=f"Checks broken by {clinic}").table(most=12)

# %% [markdown]
# ## Who came
#
# Share of its patients with what makes a slower course likelier, beside all others. Clinics see other patients:
# compare nothing further down without this.

# %%
CAME = """
select if(episodes.clinic_code = ?, ?, 'all others') as place, count(*) as n_episodes,
    count(*) filter (where covariates.start_risk = 'high') as n_high_risk,
    count(*) filter (where covariates.episode_duration_days >= 84) as n_over_12_weeks,
    count(*) filter (where episodes.pain_below_knee) as n_below_knee
from cohort.episodes as episodes
inner join cohort.covariates as covariates on episodes.episode_key = covariates.episode_key
group by place
order by place = 'all others', place
"""
came = results.sql(
    CAME,
    [clinic, clinic],
    title="Who came",
    counts=["n_episodes"],
    parts=[("n_high_risk", "n_episodes"), ("n_over_12_weeks", "n_episodes"), ("n_below_knee", "n_episodes")],
    dots=share("n_over_12_weeks", ["place"], "% whose complaint was older than 12 weeks"),
)
came.show()

# %%
came.table()

# %% [markdown]
# ## Its care against the indicators
#
# As released for the reports: rounded, small counts withheld.

# %%
INDICATORS = """
select own.indicator, own.numerator_percent as percent, own.numerator_percent_lower as lower,
    own.numerator_percent_upper as upper,
    everybody.numerator_percent as all_clinics_percent, own.denominator
from report.indicators as own
inner join report.indicators as everybody on own.indicator = everybody.indicator and everybody.clinic_code = 'network'
where own.clinic_code = ?
order by own.indicator
"""
indicators = results.sql(
    INDICATORS,
    [clinic],
    title=f"Indicators of {clinic}",
    dots=Dots(("indicator",), "percent", "lower", "upper", "% with 95 % interval"),
)
indicators.show()

# %%
indicators.table()

# %% [markdown]
# ## How its patients did
#
# First as it was, then adjusted for who came, as the other clinics tell it. Inside the interval of what was expected
# there is nothing to explain.

# %%
DID = """
select if(episodes.clinic_code = ?, ?, 'all others') as place, count(trial.r30d_12wk) as n_answered,
    count(*) filter (where trial.r30d_12wk = 1) as n_improved
from cohort.index_trial as trial
inner join cohort.episodes as episodes on trial.episode_key = episodes.episode_key
group by place
order by place = 'all others', place
"""
did = results.sql(
    DID,
    [clinic, clinic],
    title="30 % less disability at 12 weeks, not adjusted",
    counts=["n_answered"],
    parts=[("n_improved", "n_answered")],
    dots=share("n_improved", ["place"], "% of those who answered"),
)
did.show()

# %%
ADJUSTED = """
select mix.indicator, mix.measure, mix.status, mix.observed, mix.expected, mix.adjusted, mix.lower, mix.upper,
    mix.signal, mix.is_representative, mix.reason
from estimates.case_mix as mix
where mix.clinic_code = ?
order by mix.indicator, mix.measure
"""
results.sql(ADJUSTED, [clinic], title=f"Adjusted for who came: {clinic}").table()

# %% [markdown]
# ## The last quarters
#
# Three quarters up are no trend. A change is called real only by the rules of the report (XmR).

# %%
QUARTERS = """
select episodes.index_period as quarter, count(trial.r30d_12wk) as n_answered,
    count(*) filter (where trial.r30d_12wk = 1) as n_improved
from cohort.index_trial as trial
inner join cohort.episodes as episodes on trial.episode_key = episodes.episode_key
where episodes.clinic_code = ?
group by quarter
having count(trial.r30d_12wk) > 0
order by quarter
"""
quarters = results.sql(
    QUARTERS,
    [clinic],
    title=f"30 % less disability at 12 weeks by the quarter of the first visit: {clinic}",
    counts=["n_answered"],
    parts=[("n_improved", "n_answered")],
    dots=share("n_improved", ["quarter"], "% of those who answered"),
)
quarters.show()

# %%
results.close()

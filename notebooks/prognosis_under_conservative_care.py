# %% [markdown]
# # Prognosis under conservative care
#
# How people fare with rest, advice, medication or exercise alone, and how well that can be foretold. **'Unlikely to
# improve with rest or exercise alone' is a prognosis, never an indication for manipulation.**

# %%
from pipelines.results import Dots, open_results, share

results = open_results()

# %% [markdown]
# ## The natural course
#
# Share with at least 30 % less pain by day, while on conservative care; stepping up competes (Aalen-Johansen). Most
# get better: before and after is no effect of anything that was done. Clinics see other patients, so this is not a
# ranking.

# %%
COURSE = """
select course.clinic_code as clinic, course.day, 100 * course.cumulative_improved as improved_percent,
    100 * course.lower as lower_percent,
    100 * course.upper as upper_percent, course.median_day
from estimates.natural_course as course
where course.day in (28, 84)
order by course.clinic_code = 'network' desc, course.clinic_code, course.day
"""
course = results.sql(
    COURSE,
    title="Improved by 4 and 12 weeks under conservative care",
    dots=Dots(
        ("clinic", "day"),
        "improved_percent",
        "lower_percent",
        "upper_percent",
        "% with 30 % less pain, with 95 % interval",
    ),
)
course.show()

# %% [markdown]
# ## How patients did by what is known at the start
#
# By STarT Back risk and by how long they had it before. Of those who answered; who did not may have fared otherwise.

# %%
results.outcomes(by="start_risk").show()

# %%
results.outcomes(by="duration").show()

# %% [markdown]
# ## What is foretold
#
# The probability of 30 % less disability at 12 weeks with conservative care alone: 'unlikely' under 0.35, 'likely'
# 0.65 or more.

# %%
BANDS = """
select prognosis.band, count(*) as n_episodes, count(*) filter (where trial.r30d_12wk is not null) as n_answered,
    count(*) filter (where trial.r30d_12wk = 1) as n_improved
from estimates.prognosis as prognosis
inner join cohort.index_trial as trial on prognosis.episode_key = trial.episode_key
where prognosis.status = 'estimated' and trial.arm <> 'manipulation'
group by prognosis.band
order by prognosis.band
"""
bands = results.sql(
    BANDS,
    title="Improved at 12 weeks by what was foretold, among those who were not manipulated at first",
    counts=["n_episodes"],
    parts=[("n_answered", "n_episodes"), ("n_improved", "n_answered")],
    dots=share("n_improved", ["band"], "% with 30 % less disability, of those who answered"),
)
bands.show()

# %% [markdown]
# ## How well it is foretold
#
# AUC in all clinics together, out of fold, beside simpler scores on the same episodes: 0.5 is chance. A model that is
# not clearly better than a short questionnaire is no reason to fill in a longer one.

# %%
AUC = """
select performance.predictor, performance.estimate, performance.lower, performance.upper, performance.n
from estimates.prognosis_performance as performance
where performance.figure = 'auc' and performance.clinic_code = 'network' and performance.validation = 'out_of_fold'
    and performance.status = 'estimated'
order by performance.predictor = 'model' desc, performance.predictor
"""
auc = results.sql(
    AUC,
    title="How well each tells who will improve",
    dots=Dots(("predictor",), "estimate", "lower", "upper", "AUC", reference=0.5),
)
auc.show()

# %%
CALIBRATION = """
select performance.predictor, performance.validation, performance.figure, performance.status, performance.estimate,
    performance.lower,
    performance.upper, performance.reason
from estimates.prognosis_performance as performance
where performance.predictor = 'model' and performance.clinic_code = 'network'
order by performance.validation, performance.figure
"""
results.sql(CALIBRATION, title="Calibration of the model; slope and ratio are 1 when it is right").table()

# %%
results.close()

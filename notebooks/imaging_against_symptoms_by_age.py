# %% [markdown]
# # Imaging against symptoms, by age
#
# Findings on imaging are common at every age without pain, and a finding is not a cause. Who was sent for imaging
# differs from who was not, so shares here are of those imaged, never of all patients.

# %%
from pipelines.results import Dots, open_results, share

results = open_results()

# %% [markdown]
# ## How often a finding is seen, by age
#
# Beside it, what is expected of people of the same ages without back pain (Brinjikji 2015). Of episodes with an
# assessed lumbar level.

# %%
FINDINGS = """
with long as (
    unpivot (
        select imaging.episode_key, episodes.age_band, imaging.is_degenerated as disc_degeneration,
            imaging.is_bulge_or_worse as disc_bulge,
            imaging.is_protrusion_or_worse as disc_protrusion, imaging.is_facet_arthropathy as facet_arthropathy
        from cohort.imaging as imaging
        inner join cohort.episodes as episodes on imaging.episode_key = episodes.episode_key
        where imaging.has_imaging and episodes.age_band is not null
    ) on disc_degeneration, disc_bulge, disc_protrusion, facet_arthropathy into name finding value is_seen
)

select long.finding, long.age_band as age, count(*) as n_assessed, count(*) filter (where long.is_seen) as n_seen
from long
group by long.finding, long.age_band
order by long.finding, long.age_band
"""


def by_age(finding):
    asked = results.sql(
        f"select found.age, found.n_assessed, found.n_seen from ({FINDINGS}) as found where found.finding = ?",
        [finding],
        title=f"{finding.replace('_', ' ').capitalize()}, by age",
        counts=["n_assessed"],
        parts=[("n_seen", "n_assessed")],
        dots=share("n_seen", ["age"], "% of those imaged, with 95 % interval"),
    )
    return asked.show()


by_age("disc_degeneration")

# %%
by_age("disc_protrusion")

# %%
EXPECTED = """
select episodes.age_band as age, count(*) as n_imaged,
    round(100 * avg(imaging.expected_degeneration_share_at_age)) as degeneration_expected_percent,
    round(100 * avg(imaging.expected_bulge_share_at_age)) as bulge_expected_percent,
    round(100 * avg(imaging.expected_protrusion_share_at_age)) as protrusion_expected_percent
from cohort.imaging as imaging
inner join cohort.episodes as episodes on imaging.episode_key = episodes.episode_key
where imaging.has_imaging
group by age
order by age
"""
results.sql(EXPECTED, title="What people of these ages without pain have", counts=["n_imaged"]).table()

# %% [markdown]
# ## Does a finding go with more pain or disability?
#
# Mean pain at intake with and without disc protrusion, within each age. Intervals (normal, 95 %) take patients as
# independent. A difference would not make the protrusion its cause, and no difference is the usual finding.

# %%
PAIN = """
select episodes.age_band as age, if(imaging.is_protrusion_or_worse, 'protrusion', 'none seen') as finding,
    count(*) as n_imaged,
    avg(episodes.larger_pain_points) as mean_pain_points,
    mean_pain_points - 1.96 * stddev_samp(episodes.larger_pain_points) / sqrt(count(*)) as lower,
    mean_pain_points + 1.96 * stddev_samp(episodes.larger_pain_points) / sqrt(count(*)) as upper
from cohort.imaging as imaging
inner join cohort.episodes as episodes on imaging.episode_key = episodes.episode_key
where imaging.has_imaging and imaging.is_protrusion_or_worse is not null and episodes.larger_pain_points is not null
    and episodes.age_band is not null
group by age, finding
having count(*) >= 8
order by age, finding
"""
pain = results.sql(
    PAIN,
    title="Pain at intake with and without disc protrusion, by age",
    counts=["n_imaged"],
    figures=[("mean_pain_points", "n_imaged"), ("lower", "n_imaged"), ("upper", "n_imaged")],
    dots=Dots(("age", "finding"), "mean_pain_points", "lower", "upper", "points of pain, 0 to 10"),
)
pain.show()

# %% [markdown]
# ## Imaging and the examination of the leg
#
# Nerve root compromise on imaging among people with and without a nerve deficit on examination: how often the two
# are seen together, not which root hurts.

# %%
ROOT = """
select if(covariates.neuro_deficit, 'nerve deficit', 'no nerve deficit') as examination, count(*) as n_imaged,
    count(*) filter (where imaging.worst_nerve_root_compromise > 0) as n_root_touched
from cohort.imaging as imaging
inner join cohort.covariates as covariates on imaging.episode_key = covariates.episode_key
where imaging.worst_nerve_root_compromise is not null and covariates.neuro_deficit is not null
group by examination
order by examination
"""
root = results.sql(
    ROOT,
    title="A root touched on imaging, by examination",
    counts=["n_imaged"],
    parts=[("n_root_touched", "n_imaged")],
    dots=share("n_root_touched", ["examination"], "% of those imaged"),
)
root.show()

# %%
results.close()

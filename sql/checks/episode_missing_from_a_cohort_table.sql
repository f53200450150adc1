-- An episode of the current view that a table with one row an episode lacks: it would silently fall out of every analysis.
-- scope: patient
-- table: clean.intake
-- field: episode_key
-- category: conformance relational
-- severity: error
-- owner: stepcare
-- allowed: 0 %
-- remedy: A join of sql/cohort drops episodes; make it a left join
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
left join cohort.episodes as episode on intake.episode_key = episode.episode_key
left join cohort.covariates as covariate on intake.episode_key = covariate.episode_key
left join cohort.contraindications as contraindication on intake.episode_key = contraindication.episode_key
left join cohort.imaging as imaging on intake.episode_key = imaging.episode_key
left join cohort.index_arms as index_arm on intake.episode_key = index_arm.episode_key
where
    episode.episode_key is null
    or covariate.episode_key is null
    or contraindication.episode_key is null
    or imaging.episode_key is null
    or index_arm.episode_key is null

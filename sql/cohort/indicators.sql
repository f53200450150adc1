-- All that an indicator judges, together: one row an indicator and unit (an episode, a visit or an image), and whether it was met. What
-- counts is said in the four tables that this one joins.
-- scope: global
-- key: indicator, unit_key
-- expect: clinic_code not null
-- expect: is_met not null
select
    assessment.clinic_code,
    assessment.index_period,
    assessment.indicator,
    assessment.unit_key,
    assessment.episode_key,
    assessment.is_met
from cohort.assessment_indicators as assessment
union all
select
    treatment.clinic_code,
    treatment.index_period,
    treatment.indicator,
    treatment.unit_key,
    treatment.episode_key,
    treatment.is_met
from cohort.treatment_indicators as treatment
union all
select
    imaging.clinic_code,
    imaging.index_period,
    imaging.indicator,
    imaging.unit_key,
    imaging.episode_key,
    imaging.is_met
from cohort.imaging_indicators as imaging
union all
select
    outcome.clinic_code,
    outcome.index_period,
    outcome.indicator,
    outcome.unit_key,
    outcome.episode_key,
    outcome.is_met
from cohort.outcome_indicators as outcome

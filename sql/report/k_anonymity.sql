-- How many episodes belong to fewer than 5, and to fewer than 11, people who share all quasi-identifiers (clinic, age band, sex,
-- period, ethnicity, work, earlier spine surgery; a missing value is a value of its own): one row a step of the fixed generalisation,
-- applied to the rows that are still below. A group's size is its people, not its episodes. What is below after the last step is left
-- out of an extract: below 5 of one for use inside, below 11 of one that leaves (pipelines/privacy/anonymity.py does the same).
-- scope: global
-- key: step_no
-- count: n_episodes
-- part: n_below_5 of n_episodes
-- part: n_below_11 of n_episodes
-- expect: step in as recorded, ethnicity to not_stated, age to 20 years, clinic to group
with recorded as (
    select
        threshold.smallest_group,
        intake.patient_key,
        intake.clinic_code,
        coalesce(intake.age_band, 'not_recorded') as age_band,
        coalesce(intake.sex, 'not_recorded') as sex,
        coalesce(intake.index_period, 'not_recorded') as index_period,
        coalesce(intake.ethnicity_group, 'not_recorded') as ethnicity_group,
        coalesce(intake.work_status, 'not_recorded') as work_status,
        coalesce(intake.prior_spine_surgery, 'not_recorded') as prior_spine_surgery
    from clean.intake as intake
    cross join (values (5), (11)) as threshold (smallest_group)
),

recorded_groups as (
    select
        *,
        count(distinct patient_key) over (
            partition by
                smallest_group,
                clinic_code,
                age_band,
                sex,
                index_period,
                ethnicity_group,
                work_status,
                prior_spine_surgery
        ) < smallest_group as is_below
    from recorded
),

without_ethnicity as (
    select
        * exclude (is_below) replace (
            case when is_below then 'not_stated' else ethnicity_group end as ethnicity_group
        )
    from recorded_groups
),

without_ethnicity_groups as (
    select
        *,
        count(distinct patient_key) over (
            partition by
                smallest_group,
                clinic_code,
                age_band,
                sex,
                index_period,
                ethnicity_group,
                work_status,
                prior_spine_surgery
        ) < smallest_group as is_below
    from without_ethnicity
),

wide_age as (
    select
        * exclude (is_below) replace (
            case
                when not is_below then age_band
                when age_band in ('18-29', '30-39') then '18-39'
                when age_band in ('40-49', '50-59') then '40-59'
                when age_band in ('60-69', '70-79') then '60-79'
                when age_band in ('80-89', '90+') then '80+'
                else age_band
            end as age_band
        )
    from without_ethnicity_groups
),

wide_age_groups as (
    select
        *,
        count(distinct patient_key) over (
            partition by
                smallest_group,
                clinic_code,
                age_band,
                sex,
                index_period,
                ethnicity_group,
                work_status,
                prior_spine_surgery
        ) < smallest_group as is_below
    from wide_age
),

without_clinic as (
    select * exclude (is_below) replace (case when is_below then 'group' else clinic_code end as clinic_code)
    from wide_age_groups
),

without_clinic_groups as (
    select
        *,
        count(distinct patient_key) over (
            partition by
                smallest_group,
                clinic_code,
                age_band,
                sex,
                index_period,
                ethnicity_group,
                work_status,
                prior_spine_surgery
        ) < smallest_group as is_below
    from without_clinic
),

counted as (
    select
        1 as step_no,
        'as recorded' as step,
        smallest_group,
        is_below
    from recorded_groups
    union all
    select
        2 as step_no,
        'ethnicity to not_stated' as step,
        smallest_group,
        is_below
    from without_ethnicity_groups
    union all
    select
        3 as step_no,
        'age to 20 years' as step,
        smallest_group,
        is_below
    from wide_age_groups
    union all
    select
        4 as step_no,
        'clinic to group' as step,
        smallest_group,
        is_below
    from without_clinic_groups
)

select
    counted.step_no,
    counted.step,
    count(*) filter (where counted.smallest_group = 5) as n_episodes,
    count(*) filter (where counted.smallest_group = 5 and counted.is_below) as n_below_5,
    count(*) filter (where counted.smallest_group = 11 and counted.is_below) as n_below_11
from counted
group by
    counted.step_no,
    counted.step

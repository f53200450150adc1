-- One step of a trial's flow: how many episodes it left out and how many remained after it; step 0 is every episode.
-- scope: global
-- key: trial, step_no
-- expect: trial in index, decision, stepped
-- expect: n_left_out not null
-- expect: n_remaining not null
with steps as (
    select
        step.trial,
        step.step_no,
        step.step
    from (
        values
        ('index', 0, 'all_episodes'),
        ('index', 1, 'never_attended'),
        ('index', 2, 'no_baseline_disability'),
        ('index', 3, 'absolute_contraindication'),
        ('index', 4, 'excluded_condition'),
        ('index', 5, 'treatment_not_recorded'),
        ('index', 6, 'passive_treatment_only'),
        ('index', 7, 'not_yet_due'),
        ('decision', 0, 'all_episodes'),
        ('decision', 1, 'never_attended'),
        ('decision', 2, 'no_visit_day_28_to_41'),
        ('decision', 3, 'manipulated_before'),
        ('decision', 4, 'treatment_before_not_recorded'),
        ('decision', 5, 'pain_not_recorded'),
        ('decision', 6, 'improved_30_percent'),
        ('decision', 7, 'absolute_contraindication'),
        ('decision', 8, 'excluded_condition'),
        ('decision', 9, 'no_baseline_disability'),
        ('decision', 10, 'treatment_not_recorded'),
        ('decision', 11, 'not_yet_due'),
        ('stepped', 0, 'all_episodes'),
        ('stepped', 1, 'never_attended'),
        ('stepped', 2, 'no_baseline_disability'),
        ('stepped', 3, 'absolute_contraindication'),
        ('stepped', 4, 'excluded_condition'),
        ('stepped', 5, 'treatment_not_recorded'),
        ('stepped', 6, 'not_yet_due')
    ) as step (trial, step_no, step)
),

excluded as (
    select
        eligibility.trial,
        eligibility.exclusion,
        count(*) as n_episodes
    from cohort.eligibility as eligibility
    group by eligibility.trial, eligibility.exclusion
),

everyone as (
    select
        eligibility.trial,
        count(*) as n_episodes
    from cohort.eligibility as eligibility
    group by eligibility.trial
),

left_out as (
    select
        steps.trial,
        steps.step_no,
        steps.step,
        coalesce(excluded.n_episodes, 0) as n_left_out,
        coalesce(everyone.n_episodes, 0) as n_episodes
    from steps
    left join excluded on steps.trial = excluded.trial and steps.step = excluded.exclusion
    left join everyone on steps.trial = everyone.trial
)

select
    left_out.trial,
    left_out.step_no,
    left_out.step,
    left_out.n_left_out,
    cast(
        left_out.n_episodes
        - sum(left_out.n_left_out) over (partition by left_out.trial order by left_out.step_no rows unbounded preceding)
        as bigint
    ) as n_remaining
from left_out

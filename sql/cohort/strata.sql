-- By whom the results are told apart, one row an episode: sex, age band, deprivation, ethnicity and payer, and who is in the results.
-- These are strata of a report, never adjusters. What was not recorded is a stratum of its own: who is missing must be seen.
-- Care has ended when its last recorded status says so; it was completed unless the patient stopped coming (self_discharged, lost).
-- A case closed by the office (closed_admin) says neither. An episode is in a trial's results when it is eligible and its R30D is known.
-- scope: patient
-- key: episode_key
-- expect: sex not null
-- expect: is_due_12wk not null
-- expect: is_in_index_results not null
with last_statuses as (
    select
        session.episode_key,
        session.discharge_status
    from cohort.sessions as session
    where session.discharge_status is not null
    qualify
        row_number() over (
            partition by session.episode_key
            order by session.session_day desc, session.session_key desc
        ) = 1
),

first_practitioners as (
    select
        session.episode_key,
        session.practitioner_key
    from cohort.sessions as session
    where session.is_attended and session.practitioner_key is not null
    qualify
        row_number() over (
            partition by session.episode_key
            order by session.attended_no, session.session_key
        ) = 1
)

select
    episode.episode_key,
    first_practitioner.practitioner_key,
    coalesce(intake.sex, 'not_recorded') as sex,
    coalesce(intake.age_band, 'not_recorded') as age_band,
    case
        when intake.deprivation_quintile is null then 'not_recorded'
        else concat('quintile_', cast(intake.deprivation_quintile as varchar))
    end as deprivation,
    coalesce(intake.ethnicity_group, 'not_recorded') as ethnicity,
    coalesce(intake.payer_type, 'not_recorded') as payer,
    coalesce(outcome.is_due, false) as is_due_12wk,
    coalesce(outcome.is_due and outcome.status = 'in_window', false) as has_answered_12wk,
    coalesce(last_status.discharge_status not in ('ongoing', 'closed_admin'), false) as has_care_ended,
    coalesce(
        last_status.discharge_status in ('discharged_goals_met', 'discharged_no_change', 'referred_on', 'surgery'),
        false
    ) as has_completed_care,
    coalesce(episode.attended_sessions > 0 and outcome.is_due, false) as is_due_after_a_visit,
    coalesce(index_trial.is_eligible and index_trial.r30d_12wk is not null, false) as is_in_index_results,
    coalesce(decision_trial.is_eligible, false) as is_decision_eligible,
    coalesce(decision_trial.is_eligible and decision_trial.r30d_12wk is not null, false) as is_in_decision_results
from cohort.episodes as episode
inner join clean.intake as intake on episode.episode_key = intake.episode_key
left join cohort.outcomes as outcome
    on episode.episode_key = outcome.episode_key and outcome.timepoint_weeks = 12
left join last_statuses as last_status on episode.episode_key = last_status.episode_key
left join first_practitioners as first_practitioner on episode.episode_key = first_practitioner.episode_key
left join cohort.index_trial as index_trial on episode.episode_key = index_trial.episode_key
left join cohort.decision_trial as decision_trial on episode.episode_key = decision_trial.episode_key

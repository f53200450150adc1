-- Whether treatment kept an indicator: cleared before the first manipulation (QI-09), by a qualified practitioner (QI-10, a row a
-- manipulation session), with exercise within 7 days (QI-11), step-up justified (QI-20), care matched to STarT risk (QI-23 low, QI-23a
-- high). A step-up is a first manipulation from day 14 on; it is justified when pain of the main site is under 30 % better that day
-- and nothing speaks against it; without that day's score or from under 3 points it is not judged. Low risk: at most two sessions;
-- high risk: a psychologically informed component; judged once the 12-week form is due.
-- scope: global
-- key: indicator, unit_key
-- expect: clinic_code not null
-- expect: is_met not null
with first_manipulations as (
    select
        sessions.clinic_code,
        sessions.episode_key,
        sessions.session_day,
        bool_or(sessions.has_thrust) as has_thrust
    from cohort.sessions as sessions
    where sessions.is_attended and sessions.has_manipulation
    group by sessions.clinic_code, sessions.episode_key, sessions.session_day
    qualify
        row_number() over (
            partition by sessions.episode_key
            order by sessions.session_day
        ) = 1
),

ruled_out_before as (
    select
        first_manipulations.clinic_code,
        first_manipulations.episode_key,
        coalesce(
            contraindications.is_screening_complete
            and (
                contraindications.contraindication = 'none'
                or (contraindications.contraindication = 'relative' and not first_manipulations.has_thrust)
            ),
            false
        ) as is_met
    from first_manipulations
    left join cohort.contraindications as contraindications
        on first_manipulations.episode_key = contraindications.episode_key
),

qualified_sessions as (
    select
        sessions.clinic_code,
        sessions.episode_key,
        sessions.session_key,
        coalesce(
            sessions.practitioner_qualification in ('postgrad_cert', 'postgrad_masters_manip', 'fellow_ifompt'), false
        ) as is_met
    from cohort.sessions as sessions
    where sessions.is_attended and sessions.has_manipulation
),

accompanied as (
    select
        first_manipulations.clinic_code,
        first_manipulations.episode_key,
        coalesce(bool_or(sessions.has_exercise), false) as is_met
    from first_manipulations
    left join cohort.sessions as sessions
        on
            first_manipulations.episode_key = sessions.episode_key
            and sessions.is_attended
            and sessions.session_day
            between first_manipulations.session_day - 7 and first_manipulations.session_day + 7
    group by first_manipulations.clinic_code, first_manipulations.episode_key
),

pain_by_day as (
    select
        sessions.episode_key,
        sessions.session_day,
        max(sessions.nprs_pre) as nprs_pre
    from cohort.sessions as sessions
    where sessions.is_attended
    group by sessions.episode_key, sessions.session_day
),

step_ups as (
    select
        first_manipulations.clinic_code,
        first_manipulations.episode_key,
        10 * step_up_visits.nprs_pre > 7 * episodes.main_pain_points
        and coalesce(
            contraindications.is_screening_complete
            and (
                contraindications.contraindication = 'none'
                or (contraindications.contraindication = 'relative' and not first_manipulations.has_thrust)
            ),
            false
        ) as is_met
    from first_manipulations
    inner join cohort.episodes as episodes on first_manipulations.episode_key = episodes.episode_key
    inner join pain_by_day as step_up_visits
        on
            first_manipulations.episode_key = step_up_visits.episode_key
            and first_manipulations.session_day = step_up_visits.session_day
    left join cohort.contraindications as contraindications
        on first_manipulations.episode_key = contraindications.episode_key
    where
        first_manipulations.session_day >= 14
        and step_up_visits.nprs_pre is not null
        and episodes.main_pain_points >= 3
),

psychologically_informed as (
    select distinct session.episode_key
    from clean.session_component as component
    inner join clean.session as session on component.session_key = session.session_key
    where component.component = 'psych_informed' and session.attendance = 'attended'
),

matched as (
    select
        episodes.clinic_code,
        episodes.episode_key,
        covariates.start_risk,
        case covariates.start_risk
            when 'low' then episodes.attended_sessions <= 2
            else psychologically_informed.episode_key is not null
        end as is_met
    from cohort.episodes as episodes
    inner join cohort.covariates as covariates on episodes.episode_key = covariates.episode_key
    inner join cohort.strata as strata on episodes.episode_key = strata.episode_key
    left join psychologically_informed on episodes.episode_key = psychologically_informed.episode_key
    where
        covariates.start_risk in ('low', 'high')
        and episodes.attended_sessions > 0
        and strata.is_due_12wk
),

judged as (
    select
        ruled_out_before.clinic_code,
        ruled_out_before.episode_key,
        ruled_out_before.episode_key as unit_key,
        'QI-09' as indicator,
        ruled_out_before.is_met
    from ruled_out_before
    union all
    select
        qualified_sessions.clinic_code,
        qualified_sessions.episode_key,
        qualified_sessions.session_key as unit_key,
        'QI-10' as indicator,
        qualified_sessions.is_met
    from qualified_sessions
    union all
    select
        accompanied.clinic_code,
        accompanied.episode_key,
        accompanied.episode_key as unit_key,
        'QI-11' as indicator,
        accompanied.is_met
    from accompanied
    union all
    select
        step_ups.clinic_code,
        step_ups.episode_key,
        step_ups.episode_key as unit_key,
        'QI-20' as indicator,
        step_ups.is_met
    from step_ups
    union all
    select
        matched.clinic_code,
        matched.episode_key,
        matched.episode_key as unit_key,
        'QI-23' as indicator,
        matched.is_met
    from matched
    where matched.start_risk = 'low'
    union all
    select
        matched.clinic_code,
        matched.episode_key,
        matched.episode_key as unit_key,
        'QI-23a' as indicator,
        matched.is_met
    from matched
    where matched.start_risk = 'high'
)

select
    judged.clinic_code,
    episode.index_period,
    judged.indicator,
    judged.unit_key,
    judged.episode_key,
    judged.is_met
from judged
inner join cohort.episodes as episode on judged.episode_key = episode.episode_key

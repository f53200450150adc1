-- Whether follow-up kept an indicator: 12-week form answered in its window (QI-02), 30 % less disability of those who answered (QI-12),
-- got worse (QI-14), did not attend (QI-17) or cancelled late (QI-17a; a row a booking, moved ones left out), dropped out (QI-18, of
-- those who came twice, were observed for 14 weeks and whose care has ended: sooner, only who left early has ended), unwanted effect (QI-21) and asked about one (QI-22; a row a session), opioid of the
-- intake no longer taken at 12 weeks (QI-24). A form counts once it is due: due_day + window is before observed_through_day.
-- Asked: attended sessions after the first; declined, not known, not applicable and masked are left out; a clinic that never asked
-- has no rows. Fewer is better in QI-14, QI-17, QI-17a, QI-18 and QI-21.
-- scope: global
-- key: indicator, unit_key
-- expect: clinic_code not null
-- expect: is_met not null
with twelve_weeks as (
    select
        episodes.clinic_code,
        episodes.episode_key,
        outcomes.status = 'in_window' as is_answered,
        outcomes.is_r30d,
        outcomes.is_worse,
        intake.med_opioid in ('weak_prn', 'weak_daily', 'strong') as has_opioid,
        case when outcomes.status = 'in_window' then answers.analgesic_use end as analgesic_use
    from cohort.outcomes as outcomes
    inner join cohort.episodes as episodes on outcomes.episode_key = episodes.episode_key
    inner join clean.intake as intake on outcomes.episode_key = intake.episode_key
    left join clean.outcome as answers
        on outcomes.episode_key = answers.episode_key and answers.timepoint_wk = '12'
    where outcomes.timepoint_weeks = 12 and outcomes.is_due
),

bookings as (
    select
        sessions.clinic_code,
        sessions.episode_key,
        sessions.session_key,
        sessions.attendance
    from cohort.sessions as sessions
    where sessions.attendance <> 'rescheduled'
),

last_statuses as (
    select
        sessions.clinic_code,
        sessions.episode_key,
        sessions.discharge_status
    from cohort.sessions as sessions
    where sessions.discharge_status is not null
    qualify
        row_number() over (
            partition by sessions.episode_key
            order by sessions.session_day desc, sessions.session_key desc
        ) = 1
),

follow_up_sessions as (
    select
        session.clinic_code,
        session.episode_key,
        session.session_key,
        session.ae_since_last
    from clean.session as session
    inner join cohort.sessions as numbered on session.session_key = numbered.session_key
    where
        numbered.attended_no >= 2
        and coalesce(session.ae_since_last_reason, 'a') in ('a', 'p', 'x')
        and exists (
            select asking.session_key
            from clean.session as asking
            where asking.clinic_code = session.clinic_code and asking.ae_since_last is not null
        )
),

judged as (
    select
        twelve_weeks.clinic_code,
        twelve_weeks.episode_key,
        twelve_weeks.episode_key as unit_key,
        'QI-02' as indicator,
        twelve_weeks.is_answered as is_met
    from twelve_weeks
    union all
    select
        twelve_weeks.clinic_code,
        twelve_weeks.episode_key,
        twelve_weeks.episode_key as unit_key,
        'QI-12' as indicator,
        twelve_weeks.is_r30d as is_met
    from twelve_weeks
    where twelve_weeks.is_r30d is not null
    union all
    select
        twelve_weeks.clinic_code,
        twelve_weeks.episode_key,
        twelve_weeks.episode_key as unit_key,
        'QI-14' as indicator,
        twelve_weeks.is_worse as is_met
    from twelve_weeks
    where twelve_weeks.is_worse is not null
    union all
    select
        bookings.clinic_code,
        bookings.episode_key,
        bookings.session_key as unit_key,
        'QI-17' as indicator,
        bookings.attendance = 'dna' as is_met
    from bookings
    union all
    select
        bookings.clinic_code,
        bookings.episode_key,
        bookings.session_key as unit_key,
        'QI-17a' as indicator,
        bookings.attendance = 'cancelled_late' as is_met
    from bookings
    union all
    select
        last_statuses.clinic_code,
        last_statuses.episode_key,
        last_statuses.episode_key as unit_key,
        'QI-18' as indicator,
        last_statuses.discharge_status in ('self_discharged', 'lost') as is_met
    from last_statuses
    inner join cohort.episodes as episodes on last_statuses.episode_key = episodes.episode_key
    where
        episodes.attended_sessions >= 2
        and episodes.observed_through_day > 98
        and last_statuses.discharge_status not in ('ongoing', 'closed_admin')
    union all
    select
        follow_up_sessions.clinic_code,
        follow_up_sessions.episode_key,
        follow_up_sessions.session_key as unit_key,
        'QI-21' as indicator,
        follow_up_sessions.ae_since_last as is_met
    from follow_up_sessions
    where follow_up_sessions.ae_since_last is not null
    union all
    select
        follow_up_sessions.clinic_code,
        follow_up_sessions.episode_key,
        follow_up_sessions.session_key as unit_key,
        'QI-22' as indicator,
        follow_up_sessions.ae_since_last is not null as is_met
    from follow_up_sessions
    union all
    select
        twelve_weeks.clinic_code,
        twelve_weeks.episode_key,
        twelve_weeks.episode_key as unit_key,
        'QI-24' as indicator,
        twelve_weeks.analgesic_use <> 'opioid' as is_met
    from twelve_weeks
    where twelve_weeks.has_opioid and twelve_weeks.analgesic_use is not null
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

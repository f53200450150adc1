-- One booked contact, attended or not, with what was done in it.
-- What was done is NULL, not false, in an attended contact without a recorded component; a contact not attended has nothing
-- done, whatever was written. Missed means did not attend or cancelled late; a contact moved or cancelled in time is not missed.
-- The practitioner is the key that may be shown (clean.practitioner): in a clinic of one or two practitioners the clinic's code.
-- Flexion distraction counts as non-thrust; a drop table and the small tool count as instrument.
-- scope: patient
-- key: session_key
-- expect: episode_key not null
-- expect: session_day between 0 and 3650
-- expect: attendance in attended, dna, cancelled_late, cancelled, rescheduled
-- expect: nprs_pre between 0 and 10
-- expect: nprs_post between 0 and 10
with components as (
    select
        session_component.session_key,
        bool_or(
            session_component.component in (
                'advice', 'education', 'rest_relative', 'medication_advice', 'psych_informed'
            )
        ) as has_advice,
        bool_or(session_component.component = 'exercise') as has_exercise,
        bool_or(session_component.component = 'manipulation') as has_manipulation,
        bool_or(
            session_component.component in ('soft_tissue', 'traction', 'electro', 'acupuncture', 'taping', 'other')
        ) as has_other,
        coalesce(bool_or(session_component.manip_type = 'thrust_hvla'), false) as has_thrust,
        coalesce(
            bool_or(session_component.manip_type in ('nonthrust_mobilisation', 'flexion_distraction')), false
        ) as has_nonthrust,
        coalesce(bool_or(session_component.manip_type in ('instrument_assisted', 'drop_table')), false)
            as has_instrument
    from clean.session_component as session_component
    group by session_component.session_key
),

attended as (
    select
        session.session_key,
        row_number() over (
            partition by session.episode_key
            order by session.session_day, session.session_no nulls last, session.session_key
        ) as attended_no
    from clean.session as session
    where session.attendance = 'attended'
)

select
    session.episode_key,
    session.session_key,
    session.clinic_code,
    session.session_day,
    session.attendance,
    session.attendance = 'attended' as is_attended,
    session.attendance in ('dna', 'cancelled_late') as is_missed,
    cast(attended.attended_no as integer) as attended_no,
    coalesce(practitioner.shown_practitioner_key, session.practitioner_key) as practitioner_key,
    session.practitioner_qualification,
    session.nprs_pre,
    session.nprs_post,
    session.attendance = 'attended' and components.has_advice as has_advice,
    session.attendance = 'attended' and components.has_exercise as has_exercise,
    session.attendance = 'attended' and components.has_manipulation as has_manipulation,
    session.attendance = 'attended' and components.has_thrust as has_thrust,
    session.attendance = 'attended' and components.has_nonthrust as has_nonthrust,
    session.attendance = 'attended' and components.has_instrument as has_instrument,
    session.attendance = 'attended' and components.has_other as has_other,
    session.attendance = 'attended' and components.session_key is not null as has_component,
    session.step_up_decision,
    session.step_up_reason,
    session.discharge_status,
    session.ae_since_last
from clean.session as session
left join components on session.session_key = components.session_key
left join attended on session.session_key = attended.session_key
left join clean.practitioner as practitioner
    on session.clinic_code = practitioner.clinic_code and session.practitioner_key = practitioner.practitioner_key

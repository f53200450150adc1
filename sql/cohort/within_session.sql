-- One attended session and measure with a value before and after: the change within the session, positive when better.
-- Described, not an effect: there is no comparison, the same person asks and treats, and the change is expected (domain/outcomes.md
-- 2.3). Pain in NPRS points; flexion in degrees, or in cm when the latest examination by then measured the distance of the
-- fingertips from the floor; flexion without a recorded method is left out. Extension in degrees.
-- The treatment is the session's: manipulation goes before exercise, and exercise before anything else.
-- scope: patient
-- key: session_key, measure
-- expect: measure in pain_points, flexion_degrees, fingertip_distance_cm, extension_degrees
-- expect: treatment in manipulation, exercise, other
-- expect: change between -120 and 120
with methods as (
    select
        session.session_key,
        arg_max(exam.rom_method, exam.exam_day) as rom_method
    from clean.session as session
    inner join clean.exam as exam on session.episode_key = exam.episode_key
    where exam.rom_method is not null and exam.exam_day <= session.session_day
    group by session.session_key
),

measured as (
    select
        session.session_key,
        methods.rom_method,
        session.nprs_pre - session.nprs_post as pain_change,
        session.rom_flexion_post - session.rom_flexion_pre as flexion_change,
        session.rom_extension_post - session.rom_extension_pre as extension_change
    from clean.session as session
    left join methods on session.session_key = methods.session_key
),

changes as (
    select
        measured.session_key,
        'pain_points' as measure,
        cast(measured.pain_change as double) as change
    from measured
    union all
    select
        measured.session_key,
        'flexion_degrees' as measure,
        measured.flexion_change as change
    from measured
    where measured.rom_method != 'fingertip_floor'
    union all
    select
        measured.session_key,
        'fingertip_distance_cm' as measure,
        0 - measured.flexion_change as change
    from measured
    where measured.rom_method = 'fingertip_floor'
    union all
    select
        measured.session_key,
        'extension_degrees' as measure,
        measured.extension_change as change
    from measured
)

select
    session.episode_key,
    changes.session_key,
    changes.measure,
    session.clinic_code,
    case
        when session.has_manipulation then 'manipulation'
        when session.has_exercise then 'exercise'
        when session.has_component then 'other'
    end as treatment,
    changes.change
from changes
inner join cohort.sessions as session on changes.session_key = session.session_key
where session.is_attended and changes.change is not null

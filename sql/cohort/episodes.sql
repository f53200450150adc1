-- One episode of care, with who the patient is and how bad it was at intake.
-- The main site is the leg when the leg is said to be worse, scores higher, or is complained of without the low back
-- (domain/outcomes.md, R30P), else the back; when that site has no intake score it is the other one, so that main_pain_points is
-- always the main site's own score.
-- Baseline is intake's alone: an outcome at week 0 never fills it. Disability is RMDQ-24 when intake has it, else ODI.
-- pain_reference_points is the larger of back and leg pain, at least 1, by which early improvement is divided (methods.md).
-- Ages are midpoints of bands (18-29 is 24, 90+ is 93). R30D can be judged from ODI 20 or RMDQ-24 4 on (domain/outcomes.md).
-- scope: patient
-- key: episode_key
-- expect: patient_key not null
-- expect: age_midpoint_years between 18 and 100
-- expect: main_site in leg, back
-- expect: main_pain_points between 0 and 10
-- expect: disability_instrument in rmdq24, odi_pct
-- expect: disability_points between 0 and 100
with sites as (
    select
        intake.episode_key,
        case
            when intake.nprs_leg_avg is null and intake.nprs_back_avg is not null then 'back'
            when intake.nprs_back_avg is null and intake.nprs_leg_avg is not null then 'leg'
            when intake.leg_worse_than_back or intake.nprs_leg_avg > intake.nprs_back_avg then 'leg'
            when
                list_has_any(intake.complaint_region, ['thigh', 'knee', 'calf', 'ankle', 'foot'])
                and not list_contains(intake.complaint_region, 'low_back')
                then 'leg'
            else 'back'
        end as main_site
    from clean.intake as intake
),

visits as (
    select
        session.episode_key,
        min(session.session_day) as first_attended_day,
        cast(count(*) as integer) as attended_sessions
    from cohort.sessions as session
    where session.is_attended
    group by session.episode_key
)

select
    intake.episode_key,
    intake.patient_key,
    intake.clinic_code,
    intake.index_period,
    intake.observed_through_day,
    intake.age_band,
    case intake.age_band
        when '18-29' then 24
        when '30-39' then 35
        when '40-49' then 45
        when '50-59' then 55
        when '60-69' then 65
        when '70-79' then 75
        when '80-89' then 85
        when '90+' then 93
    end as age_midpoint_years,
    intake.sex,
    intake.complaint_region,
    list_has_any(intake.complaint_region, ['thigh', 'knee', 'calf', 'ankle', 'foot']) as has_leg_or_foot_complaint,
    intake.pain_below_knee,
    intake.leg_worse_than_back,
    sites.main_site,
    intake.nprs_back_avg as back_pain_points,
    intake.nprs_leg_avg as leg_pain_points,
    case sites.main_site when 'leg' then intake.nprs_leg_avg else intake.nprs_back_avg end as main_pain_points,
    greatest(intake.nprs_back_avg, intake.nprs_leg_avg) as larger_pain_points,
    case
        when greatest(intake.nprs_back_avg, intake.nprs_leg_avg) < 1 then 1
        else greatest(intake.nprs_back_avg, intake.nprs_leg_avg)
    end as pain_reference_points,
    intake.odi_pct,
    intake.rmdq24,
    intake.psfs_mean,
    case
        when intake.rmdq24 is not null then 'rmdq24'
        when intake.odi_pct is not null then 'odi_pct'
    end as disability_instrument,
    coalesce(cast(intake.rmdq24 as double), intake.odi_pct) as disability_points,
    case
        when intake.rmdq24 is not null then intake.rmdq24 >= 4
        when intake.odi_pct is not null then intake.odi_pct >= 20
    end as is_r30d_evaluable,
    visits.first_attended_day,
    coalesce(visits.attended_sessions, 0) as attended_sessions,
    first_visit.practitioner_key
from clean.intake as intake
inner join sites on intake.episode_key = sites.episode_key
left join visits on intake.episode_key = visits.episode_key
left join cohort.sessions as first_visit
    on intake.episode_key = first_visit.episode_key and first_visit.attended_no = 1

-- A recorded chief complaint that is not the one of the complaint's regions: low back and buttock are the back, thigh to foot
-- the leg, ankle and foot alone the foot. A complaint of the groin alone is not compared.
-- scope: patient
-- table: clean.intake
-- checked: chief_complaint is not null
-- field: chief_complaint, complaint_region
-- category: conformance computational
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Derive the chief complaint from the regions in the export, or leave it out: it is derived again here
with sites as (
    select
        intake.clinic_code,
        intake.episode_key,
        intake.chief_complaint,
        list_has_any(intake.complaint_region, ['low_back', 'buttock']) as has_back,
        list_has_any(intake.complaint_region, ['thigh', 'knee', 'calf', 'ankle', 'foot']) as has_leg,
        list_has_any(intake.complaint_region, ['thigh', 'knee', 'calf']) as has_upper_leg
    from clean.intake as intake
)

select
    sites.clinic_code,
    sites.episode_key
from sites
where
    case
        when sites.has_back and sites.has_leg then sites.chief_complaint <> 'lbp_with_leg'
        when sites.has_back then sites.chief_complaint <> 'lbp_only'
        when sites.has_upper_leg then sites.chief_complaint <> 'leg_only'
        when sites.has_leg then sites.chief_complaint not in ('leg_only', 'foot_only')
    end

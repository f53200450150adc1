-- Radicular pain or radiculopathy as diagnosis, and no complaint from thigh to foot.
-- scope: patient
-- table: clean.exam
-- checked: clinical_dx in ('radicular_pain', 'radiculopathy')
-- field: clinical_dx
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Record every region of the complaint, or look at the mapping of diagnoses
select
    exam.clinic_code,
    exam.episode_key,
    exam.exam_day
from clean.exam as exam
inner join clean.intake as intake on exam.episode_key = intake.episode_key
where
    exam.clinical_dx in ('radicular_pain', 'radiculopathy')
    and not list_has_any(intake.complaint_region, ['buttock', 'thigh', 'knee', 'calf', 'ankle', 'foot'])

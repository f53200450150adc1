-- Neurogenic claudication as diagnosis while walking and standing are not limited.
-- table: clean.exam
-- checked: clinical_dx = 'neurogenic_claudication'
-- field: clinical_dx
-- category: plausibility atemporal
-- severity: note
-- owner: clinic
-- allowed: 25 %
-- remedy: Ask how far the patient walks and how long they stand, and record it
select
    exam.clinic_code,
    exam.episode_key,
    exam.exam_day
from clean.exam as exam
inner join clean.intake as intake on exam.episode_key = intake.episode_key
where
    exam.clinical_dx = 'neurogenic_claudication'
    and intake.walking_limit in ('none', 'gt1km')
    and intake.standing_limit_min in ('none', 'gt60')

-- Radiculopathy as diagnosis while every sign of a deficit was tested and none was found.
-- table: clean.exam
-- checked: clinical_dx = 'radiculopathy' and exam_day <= 0
-- field: clinical_dx
-- category: plausibility atemporal
-- severity: note
-- owner: clinical_lead
-- allowed: 25 %
-- remedy: Call it radicular pain when strength, reflexes and sensation are whole
select
    exam.clinic_code,
    exam.episode_key,
    exam.exam_day
from clean.exam as exam
inner join cohort.examinations as signs on exam.episode_key = signs.episode_key and exam.exam_day = signs.exam_day
where
    exam.clinical_dx = 'radiculopathy'
    and not signs.has_neuro_deficit

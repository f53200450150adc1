-- An episode without a row of examination by day 0 and without the fields that stand in for it.
-- scope: patient
-- table: clean.intake
-- field: lumbar_exam_done, neuro_deficit
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 20 %
-- remedy: Send the examinations, or the two fields of intake that stand in for them
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
anti join clean.exam as exam on intake.episode_key = exam.episode_key and exam.exam_day <= 0
where
    intake.lumbar_exam_done is null
    and intake.neuro_deficit is null

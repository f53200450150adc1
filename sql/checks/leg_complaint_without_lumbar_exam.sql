-- A complaint of the leg or foot whose lumbar spine is not recorded as examined (contract: it must be; missing is not done).
-- scope: patient
-- table: clean.intake
-- checked: list_has_any(complaint_region, ['thigh', 'knee', 'calf', 'ankle', 'foot'])
-- field: lumbar_exam_done
-- category: completeness
-- context: validation
-- severity: note
-- owner: clinical_lead
-- allowed: 25 %
-- remedy: Examine the lumbar spine in every complaint of the leg or foot, and record it
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
anti join clean.exam as exam on intake.episode_key = exam.episode_key and exam.lumbar_exam_done
where
    list_has_any(intake.complaint_region, ['thigh', 'knee', 'calf', 'ankle', 'foot'])
    and intake.lumbar_exam_done is distinct from true

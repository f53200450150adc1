-- Intake says that the lumbar spine was not examined, and an examination by day 0 says that it was.
-- scope: patient
-- table: clean.intake
-- checked: not lumbar_exam_done
-- field: lumbar_exam_done
-- category: conformance computational
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Leave the field of intake out when examinations are sent: it is derived from them
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
semi join clean.exam as exam
    on intake.episode_key = exam.episode_key and exam.exam_day <= 0 and exam.lumbar_exam_done
where not intake.lumbar_exam_done

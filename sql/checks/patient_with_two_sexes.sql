-- A patient whose episodes give different sexes: the key stands for two people, or one record is wrong.
-- scope: patient
-- table: clean.intake
-- checked: sex is not null
-- field: patient_key, sex
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look whether the patient key is made from the same number each time, and correct the sex
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
qualify
    min(intake.sex) over (partition by intake.clinic_code, intake.patient_key)
    <> max(intake.sex) over (partition by intake.clinic_code, intake.patient_key)

-- A patient key that two clinics use: keys are made with a secret of each clinic, so the secret is shared or the key is not made so.
-- scope: patient
-- table: clean.intake
-- field: patient_key
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 0 %
-- remedy: Make patient keys by HMAC with a secret of the clinic's own, and send everything again
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
qualify
    min(intake.clinic_code) over (partition by intake.patient_key)
    <> max(intake.clinic_code) over (partition by intake.patient_key)

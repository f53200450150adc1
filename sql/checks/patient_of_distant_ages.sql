-- A patient whose episodes lie two age bands or more apart: the key stands for two people.
-- scope: patient
-- table: clean.intake
-- checked: age_band is not null
-- field: patient_key, age_band
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look whether the patient key is made from the same number each time
with ages as (
    select
        intake.clinic_code,
        intake.episode_key,
        intake.patient_key,
        cast(left(intake.age_band, 2) as integer) as youngest
    from clean.intake as intake
)

select
    ages.clinic_code,
    ages.episode_key
from ages
qualify
    max(ages.youngest) over (partition by ages.clinic_code, ages.patient_key)
    - min(ages.youngest) over (partition by ages.clinic_code, ages.patient_key) >= 20

-- An episode key that two clinics use: nobody can tell whose record it is, so such rows must not be in force.
-- scope: patient
-- table: clean.intake
-- field: episode_key
-- category: conformance relational
-- severity: error
-- owner: stepcare
-- allowed: 0 %
-- remedy: clean.shared_key should have kept both rows out; mend it
select
    min(intake.clinic_code) as clinic_code,
    intake.episode_key
from clean.intake as intake
group by intake.episode_key
having count(distinct intake.clinic_code) > 1

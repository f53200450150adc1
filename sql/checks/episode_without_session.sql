-- An episode without any booked contact (person completeness, K3).
-- scope: patient
-- table: clean.intake
-- field: episode_key
-- category: completeness
-- context: validation
-- severity: warn
-- owner: clinic
-- allowed: 20 %
-- remedy: Look whether the export of sessions leaves out booked contacts, or of the wrong period
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
anti join clean.session as session on intake.episode_key = session.episode_key

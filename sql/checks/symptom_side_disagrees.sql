-- Numbness, tingling or weakness on one side only, and the complaint on the other side only.
-- scope: patient
-- table: clean.intake
-- checked: complaint_side in ('left', 'right')
-- field: complaint_side, numbness, paraesthesia, weakness_reported
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Look whether left and right are swapped in the form: the patient's side is meant, not the examiner's
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    (intake.complaint_side = 'left' and 'right' in (intake.numbness, intake.paraesthesia, intake.weakness_reported))
    or (intake.complaint_side = 'right' and 'left' in (intake.numbness, intake.paraesthesia, intake.weakness_reported))

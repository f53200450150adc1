-- A score of neuropathic pain without the questionnaire that it comes from: it cannot be read.
-- scope: patient
-- table: clean.intake
-- checked: neuropathic_score is not null
-- field: neuropathic_score, neuropathic_tool
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Send which of S-LANSS and painDETECT the score comes from
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.neuropathic_score is not null
    and coalesce(intake.neuropathic_tool, 'none') = 'none'

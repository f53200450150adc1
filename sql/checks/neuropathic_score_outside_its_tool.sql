-- A score of neuropathic pain that its questionnaire cannot give: S-LANSS 0 to 24, painDETECT -1 to 38.
-- scope: patient
-- table: clean.intake
-- checked: neuropathic_score is not null and neuropathic_tool <> 'none'
-- field: neuropathic_score, neuropathic_tool
-- category: conformance value
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look whether the two questionnaires are swapped in the export
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    case intake.neuropathic_tool
        when 'slanss' then intake.neuropathic_score not between 0 and 24
        when 'paindetect' then intake.neuropathic_score not between -1 and 38
    end

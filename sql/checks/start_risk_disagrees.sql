-- A recorded STarT risk group that is not the one of its scores (total 0-3 low; above, psychosocial 0-3 medium, 4-5 high).
-- scope: patient
-- table: clean.intake
-- checked: start_risk is not null and start_total is not null
-- field: start_risk, start_total, start_psych
-- category: conformance computational
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Derive the risk group from the scores in the export, or leave it out: it is derived again here
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.start_risk <> case
        when intake.start_total <= 3 then 'low'
        when intake.start_total >= 4 and intake.start_psych <= 3 then 'medium'
        when intake.start_total >= 4 and intake.start_psych >= 4 then 'high'
    end

-- A recorded STarT risk group that is not the one of its scores (total 0-3 low; above, psychosocial 0-3 medium, 4-5 high).
-- table: clean.intake
-- severity: warn
-- allowed: 1 %
select intake.episode_key
from clean.intake as intake
where
    intake.start_risk <> case
        when intake.start_total <= 3 then 'low'
        when intake.start_total >= 4 and intake.start_psych <= 3 then 'medium'
        when intake.start_total >= 4 and intake.start_psych >= 4 then 'high'
    end

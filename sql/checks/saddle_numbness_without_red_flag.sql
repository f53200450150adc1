-- Saddle numbness at intake without the red flag that it implies: a safety matter, and screening counts it as the flag.
-- table: clean.intake
-- severity: warn
-- allowed: 0.5 %
select intake.episode_key
from clean.intake as intake
where
    intake.numbness = 'saddle'
    and intake.rf_saddle_anaesthesia is distinct from true

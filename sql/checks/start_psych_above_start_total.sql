-- A STarT psychosocial subscore above the total that contains it.
-- table: clean.intake
-- severity: warn
-- allowed: 1 %
select intake.episode_key
from clean.intake as intake
where intake.start_psych > intake.start_total

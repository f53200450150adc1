-- An episode without any booked contact (person completeness, K3).
-- table: clean.intake
-- severity: warn
-- allowed: 20 %
select intake.episode_key
from clean.intake as intake
anti join clean.session as session on intake.episode_key = session.episode_key

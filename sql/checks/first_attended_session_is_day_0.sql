-- An episode whose first attended contact is not day 0: its time zero, and all that is counted from it, is shifted.
-- table: clean.intake
-- severity: warn
-- allowed: 2 %
select episode.episode_key
from cohort.episodes as episode
where episode.first_attended_day <> 0

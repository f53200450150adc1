-- An episode whose first attended contact is not day 0: its time zero, and all that is counted from it, is shifted.
-- scope: patient
-- table: cohort.episodes
-- checked: first_attended_day is not null
-- field: session_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Count days from the first attended contact in the export; that contact is day 0
select
    episode.clinic_code,
    episode.episode_key
from cohort.episodes as episode
where episode.first_attended_day <> 0

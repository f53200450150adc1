-- An attended contact whose number is not its place among the attended contacts of its episode.
-- table: clean.session
-- severity: warn
-- allowed: 2 %
select session.session_key
from clean.session as session
inner join cohort.sessions as counted on session.session_key = counted.session_key
where session.session_no <> counted.attended_no

-- An attended contact whose number is not its place among the attended contacts of its episode.
-- scope: patient
-- table: clean.session
-- checked: session_no is not null
-- field: session_no
-- category: conformance computational
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Number the attended contacts of an episode from 1 in order of their day
select
    session.clinic_code,
    session.session_key
from clean.session as session
inner join cohort.sessions as counted on session.session_key = counted.session_key
where session.session_no <> counted.attended_no

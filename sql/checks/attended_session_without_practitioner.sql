-- An attended contact without a practitioner: it cannot be given to anyone's habits, and its episode falls out of clustering.
-- table: clean.session
-- severity: warn
-- allowed: 5 %
select session.session_key
from clean.session as session
where session.attendance = 'attended' and session.practitioner_key is null

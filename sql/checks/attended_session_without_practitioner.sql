-- An attended contact without a practitioner: it cannot be given to anyone's habits, and its episode falls out of clustering.
-- scope: patient
-- table: clean.session
-- checked: attendance = 'attended'
-- field: practitioner_key
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Export the hashed key of the practitioner with every attended contact
select
    session.clinic_code,
    session.session_key
from clean.session as session
where session.attendance = 'attended' and session.practitioner_key is null

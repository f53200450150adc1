-- A contact whose practitioner appears in the clinic with two professions: two people may share a key.
-- scope: global
-- table: clean.session
-- checked: practitioner_key is not null and practitioner_profession is not null
-- field: practitioner_key, practitioner_profession
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Look whether a key is made for each person, and whether professions are mapped alike
select
    session.clinic_code,
    session.session_key
from clean.session as session
where session.practitioner_key is not null and session.practitioner_profession is not null
qualify
    min(session.practitioner_profession) over (partition by session.clinic_code, session.practitioner_key)
    <> max(session.practitioner_profession) over (partition by session.clinic_code, session.practitioner_key)

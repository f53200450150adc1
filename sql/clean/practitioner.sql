-- One practitioner's key of a clinic, and the key shown in its place in every table that is made from clean.*: in a clinic of one or
-- two practitioners the clinic's code, since there a key tells who treated whom (domain/privacy.md 8.1). The clinics that share the
-- practitioners of such a clinic share its code, the first by name: one person who treats in six places stays one.
-- scope: global
-- key: clinic_code, practitioner_key
-- expect: shown_practitioner_key not null
with practitioners as (
    select distinct
        session.clinic_code,
        session.practitioner_key
    from clean.session as session
    where session.clinic_code is not null and session.practitioner_key is not null
),

small_clinics as (
    select practitioners.clinic_code
    from practitioners
    group by practitioners.clinic_code
    having count(*) <= 2
),

first_places as (
    select
        practitioners.practitioner_key,
        min(practitioners.clinic_code) as clinic_code
    from practitioners
    semi join small_clinics on practitioners.clinic_code = small_clinics.clinic_code
    group by practitioners.practitioner_key
),

shared_codes as (
    select
        practitioners.clinic_code,
        min(first_places.clinic_code) as shown_code
    from practitioners
    semi join small_clinics on practitioners.clinic_code = small_clinics.clinic_code
    inner join first_places on practitioners.practitioner_key = first_places.practitioner_key
    group by practitioners.clinic_code
)

select
    practitioners.clinic_code,
    practitioners.practitioner_key,
    coalesce(shared_codes.shown_code, practitioners.practitioner_key) as shown_practitioner_key
from practitioners
left join shared_codes on practitioners.clinic_code = shared_codes.clinic_code

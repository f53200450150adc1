-- The recorded neurological deficit is not the one of the examination by day 0 (myotome under 5, a weaker jerk, reduced sensation).
-- scope: patient
-- table: clean.intake
-- checked: neuro_deficit is not null
-- field: neuro_deficit
-- category: conformance computational
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Leave the field of intake out when examinations are sent: it is derived from them
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
inner join cohort.examinations as exam on intake.episode_key = exam.episode_key
where intake.neuro_deficit <> exam.has_neuro_deficit

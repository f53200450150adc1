-- Two episodes of one patient with the same regions and side in one quarter: a new episode needs 90 days without contact.
-- scope: patient
-- table: clean.intake
-- checked: index_period like '%-Q%'
-- field: episode_key
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Begin a new episode only after 90 days without contact, or for a new region or side
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where intake.index_period like '%-Q%'
qualify
    row_number() over (
        partition by intake.patient_key, intake.index_period, intake.complaint_region, intake.complaint_side
        order by intake.episode_key
    ) > 1

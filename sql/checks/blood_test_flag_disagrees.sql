-- A CRP of 10 mg/L or more that the laboratory calls normal or low, or one under 1 mg/L that it calls high.
-- scope: patient
-- table: clean.lab
-- checked: test = 'crp' and unit = 'mg/L' and flag is not null
-- field: flag, value
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Look whether flags and values of different tests are mixed up in the export
select
    lab.clinic_code,
    lab.episode_key,
    lab.test,
    lab.day
from clean.lab as lab
where
    lab.test = 'crp'
    and lab.unit = 'mg/L'
    and (
        (lab.value >= 10 and lab.flag in ('normal', 'low'))
        or (lab.value < 1 and lab.flag in ('high', 'critical'))
    )

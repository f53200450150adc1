-- A LOINC code that a clinic sends for two different tests.
-- scope: global
-- table: clean.lab
-- checked: loinc is not null
-- field: loinc, test
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look at the mapping of LOINC codes to tests in the export
select
    lab.clinic_code,
    lab.episode_key,
    lab.test,
    lab.day
from clean.lab as lab
where lab.loinc is not null
qualify
    min(lab.test) over (partition by lab.clinic_code, lab.loinc)
    <> max(lab.test) over (partition by lab.clinic_code, lab.loinc)

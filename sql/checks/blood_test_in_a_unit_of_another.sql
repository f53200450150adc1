-- A blood test in a unit that cannot be its own, such as CRP in mmol/L.
-- scope: patient
-- table: clean.lab
-- field: unit, test
-- category: conformance value
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look at the mapping of tests and units in the export of the laboratory
select
    lab.clinic_code,
    lab.episode_key,
    lab.test,
    lab.day
from clean.lab as lab
where
    case lab.test
        when 'crp' then lab.unit <> 'mg/L'
        when 'esr' then lab.unit <> 'mm/h'
        when 'hba1c' then lab.unit not in ('mmol/mol', '%')
        when 'b12' then lab.unit not in ('pmol/L', 'pg/mL')
        when 'calcium' then lab.unit not in ('mmol/L', 'other')
        when 'alp' then lab.unit not in ('U/L', 'other')
        when 'tsh' then lab.unit not in ('mIU/L', 'other')
        when 'ck' then lab.unit not in ('U/L', 'other')
    end

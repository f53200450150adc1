-- One episode with a blood test by day 0: the last result of each test on days -365 to 0, in one unit.
-- A result in a unit that does not belong to the test, or outside the contract's range for it, is left out. A flag is the
-- laboratory's own (high or critical); CRP of 10 mg/L or more is raised whatever the flag (domain/screening.md).
-- HbA1c in % becomes mmol/mol by the IFCC master equation; vitamin B12 in pg/mL becomes pmol/L by 0.738 (molar mass 1355 g/mol).
-- scope: patient
-- key: episode_key
-- expect: crp_mg_l between 0 and 500
-- expect: esr_mm_h between 0 and 150
-- expect: hba1c_mmol_mol between 9 and 200
-- expect: b12_pmol_l between 0 and 2000
with results as (
    select
        lab.episode_key,
        lab.day,
        lab.test,
        lab.flag in ('high', 'critical') as is_flagged_high,
        case
            when lab.test = 'crp' and lab.unit = 'mg/L' and lab.value between 0 and 500 then lab.value
            when lab.test = 'esr' and lab.unit = 'mm/h' and lab.value between 0 and 150 then lab.value
            when lab.test = 'hba1c' and lab.unit = 'mmol/mol' and lab.value between 15 and 200 then lab.value
            when lab.test = 'hba1c' and lab.unit = '%' and lab.value between 3 and 20 then 10.929 * (lab.value - 2.15)
            when lab.test = 'b12' and lab.unit = 'pmol/L' and lab.value between 30 and 2000 then lab.value
            when lab.test = 'b12' and lab.unit = 'pg/mL' and lab.value between 41 and 2700 then 0.738 * lab.value
        end as value
    from clean.lab as lab
    where lab.day <= 0
)

select
    results.episode_key,
    arg_max(results.value, results.day) filter (where results.test = 'crp') as crp_mg_l,
    arg_max(results.value, results.day) filter (where results.test = 'esr') as esr_mm_h,
    arg_max(results.value, results.day) filter (where results.test = 'hba1c') as hba1c_mmol_mol,
    arg_max(results.value, results.day) filter (where results.test = 'b12') as b12_pmol_l,
    arg_max(results.value >= 10, results.day) filter (where results.test = 'crp')
    or arg_max(results.is_flagged_high, results.day) filter (where results.test = 'crp') as is_crp_raised,
    arg_max(results.is_flagged_high, results.day) filter (where results.test = 'esr') as is_esr_raised,
    arg_max(results.is_flagged_high, results.day) filter (where results.test = 'alp') as is_alp_raised,
    arg_max(results.is_flagged_high, results.day) filter (where results.test = 'calcium') as is_calcium_raised
from results
group by results.episode_key

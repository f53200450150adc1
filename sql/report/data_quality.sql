-- How the checks of data quality came out: one row a clinic ('network': all) and check that had rows to look at, with Kahn's category,
-- who mends it, how, and how it compares with its own past.
-- scope: global
-- key: clinic_code, check_name
-- part: n_broken of n_rows
-- sum: clinic_code to network
-- expect: category in conformance, completeness, plausibility
-- expect: severity in error, warn, note
-- expect: status in met, not_met
-- expect: trend in new, steady, worse, better
with counted as (
    select
        'network' as clinic_code,
        together.check_name,
        together.status,
        together.trend,
        together.n_broken,
        together.n_rows
    from checks.results as together
    union all
    select
        by_clinic.clinic_code,
        by_clinic.check_name,
        by_clinic.status,
        by_clinic.trend,
        by_clinic.n_broken,
        by_clinic.n_rows
    from checks.results_by_clinic as by_clinic
)

select
    counted.clinic_code,
    counted.check_name,
    result.category,
    result.severity,
    result.owner,
    result.description,
    result.remedy,
    result.allowed_percent,
    counted.status,
    counted.trend,
    counted.n_broken,
    counted.n_rows
from counted
inner join checks.results as result on counted.check_name = result.check_name
where counted.status <> 'no_rows'

-- A finding called concordant with the symptoms at a root that nothing touches.
-- table: clean.imaging_level
-- checked: concordant_with_symptoms
-- field: concordant_with_symptoms, nerve_root_compromise
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Send .n for concordance when no root is compromised
select
    reading.clinic_code,
    reading.imaging_key,
    reading.level,
    reading.side,
    reading.reader_no
from clean.imaging_level as reading
where
    reading.concordant_with_symptoms
    and reading.nerve_root_compromise = 'none'

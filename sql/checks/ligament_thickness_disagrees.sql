-- A ligamentum flavum called thick at 4 mm or less, or not thick above 4 mm.
-- scope: patient
-- table: clean.imaging_level
-- checked: ligamentum_flavum_thick is not null and ligamentum_flavum_mm is not null
-- field: ligamentum_flavum_thick, ligamentum_flavum_mm
-- category: conformance computational
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Derive the answer from the millimetres in the export: thick is above 4 mm
select
    reading.clinic_code,
    reading.imaging_key,
    reading.level,
    reading.side,
    reading.reader_no
from clean.imaging_level as reading
where
    reading.ligamentum_flavum_thick <> (reading.ligamentum_flavum_mm > 4)

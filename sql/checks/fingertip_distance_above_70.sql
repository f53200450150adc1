-- A distance from fingertip to floor above 70 cm: an angle was sent under the method that gives a length.
-- scope: patient
-- table: clean.exam
-- checked: rom_method = 'fingertip_floor' and rom_flexion is not null
-- field: rom_flexion, rom_method
-- category: conformance value
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Send the method that the number was measured with: centimetres belong to fingertip_floor only
select
    exam.clinic_code,
    exam.episode_key,
    exam.exam_day
from clean.exam as exam
where
    exam.rom_method = 'fingertip_floor'
    and exam.rom_flexion > 70

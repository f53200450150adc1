-- A finding called concordant with the symptoms on the side that the complaint is not on.
-- scope: patient
-- table: clean.imaging_level
-- checked: concordant_with_symptoms and side in ('left', 'right')
-- field: concordant_with_symptoms, side, complaint_side
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Look whether left and right of the image are those of the patient
select
    reading.clinic_code,
    reading.imaging_key,
    reading.level,
    reading.side,
    reading.reader_no
from clean.imaging_level as reading
inner join clean.imaging as imaging on reading.imaging_key = imaging.imaging_key
inner join clean.intake as intake on imaging.episode_key = intake.episode_key
where
    reading.concordant_with_symptoms
    and (
        (reading.side = 'left' and intake.complaint_side = 'right')
        or (reading.side = 'right' and intake.complaint_side = 'left')
    )

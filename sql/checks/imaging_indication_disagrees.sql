-- A study asked for because of a red flag while none was there at the request.
-- table: clean.imaging
-- checked: indication = 'red_flag' and red_flag_at_request is not null
-- field: indication, red_flag_at_request
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Record the indication as it was at the request
select
    imaging.clinic_code,
    imaging.imaging_key
from clean.imaging as imaging
where
    imaging.indication = 'red_flag'
    and not imaging.red_flag_at_request

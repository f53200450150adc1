-- A crossed straight leg raise that is positive while neither leg's own is.
-- table: clean.exam
-- checked: crossed_slr and slr_positive_l is not null and slr_positive_r is not null
-- field: crossed_slr, slr_positive_l, slr_positive_r
-- category: plausibility atemporal
-- severity: note
-- owner: clinic
-- allowed: 25 %
-- remedy: Look how the crossed raise is asked: it reproduces the pain of the other leg
select
    exam.clinic_code,
    exam.episode_key,
    exam.exam_day
from clean.exam as exam
where
    exam.crossed_slr
    and not exam.slr_positive_l
    and not exam.slr_positive_r

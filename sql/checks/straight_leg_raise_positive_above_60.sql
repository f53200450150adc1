-- A straight leg raise called positive beyond 60 degrees: it is positive when leg symptoms come at 60 or less.
-- scope: patient
-- table: clean.exam
-- checked: slr_positive_l or slr_positive_r
-- field: slr_positive_l, slr_positive_r, slr_deg_l, slr_deg_r
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Agree on the limit of 60 degrees with the clinicians, and look at the unit of the angle
select
    exam.clinic_code,
    exam.episode_key,
    exam.exam_day
from clean.exam as exam
where
    (exam.slr_positive_l and exam.slr_deg_l > 60)
    or (exam.slr_positive_r and exam.slr_deg_r > 60)

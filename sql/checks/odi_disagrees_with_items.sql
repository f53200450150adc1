-- An ODI that cannot come from the number of items answered: 100 * sum / (5 * items) leaves the sum no whole number (to 0.1 of the
-- score), or fewer than 8 of 10 items were answered.
-- scope: patient
-- table: clean.intake
-- checked: odi_pct is not null and odi_items_answered is not null
-- field: odi_pct, odi_items_answered
-- category: conformance computational
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Work the score out as 100 * sum / (5 * items answered), from 8 items on, and send it with the items answered
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.odi_pct is not null
    and intake.odi_items_answered is not null
    and (
        intake.odi_items_answered < 8
        or abs(
            intake.odi_pct * intake.odi_items_answered / 20 - round(intake.odi_pct * intake.odi_items_answered / 20)
        ) > 0.051
    )

-- An ODI that cannot come from the number of items answered: 100 * sum / (5 * items) leaves the sum no whole number (to 0.1 of the
-- score), or fewer than 8 of 10 items were answered.
-- table: clean.intake
-- severity: warn
-- allowed: 2 %
select intake.episode_key
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

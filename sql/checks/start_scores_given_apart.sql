-- One of the two STarT scores without the other: they come from one form, and neither can be read alone.
-- table: clean.intake
-- checked: start_total is not null or start_psych is not null
-- field: start_total, start_psych
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Send total and psychosocial score of the same form
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    (intake.start_total is null) <> (intake.start_psych is null)

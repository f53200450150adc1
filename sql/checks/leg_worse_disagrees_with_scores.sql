-- The leg is said to be worse than the back and scores 3 points lower or more, or the other way round.
-- scope: patient
-- table: clean.intake
-- checked: leg_worse_than_back is not null and nprs_back_avg is not null and nprs_leg_avg is not null
-- field: leg_worse_than_back, nprs_leg_avg, nprs_back_avg
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Look whether the scores of back and leg are swapped in the export
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    case
        when intake.leg_worse_than_back then intake.nprs_back_avg - intake.nprs_leg_avg >= 3
        else intake.leg_worse_than_back is not null and intake.nprs_leg_avg - intake.nprs_back_avg >= 3
    end

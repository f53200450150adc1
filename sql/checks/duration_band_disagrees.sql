-- A recorded duration band that is not the one of the duration in days. The bands meet at 16, 42, about 84 to 91 and 365 days.
-- scope: patient
-- table: clean.intake
-- checked: duration_band is not null and episode_duration_days is not null
-- field: duration_band, episode_duration_days
-- category: conformance computational
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Derive the band from the days in the export, or leave it out: it is derived again here
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    case intake.duration_band
        when 'lt16d' then intake.episode_duration_days >= 16
        when '16-41d' then intake.episode_duration_days not between 16 and 41
        when '6-12wk' then intake.episode_duration_days not between 42 and 91
        when '3-12mo' then intake.episode_duration_days not between 84 and 366
        when 'gt12mo' then intake.episode_duration_days < 365
    end

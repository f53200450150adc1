-- Restricted. One row an episode and contrast: its label as it may be read. Where the effect behind it is withheld or doubted, a
-- label that rests on it is 'not_enough_information'; those of screening and overlap stay.
-- scope: global
-- key: trial, outcome, contrast, episode_key
-- expect: label in likely_gain, no_difference_expected, not_enough_information, outside_overlap, contraindicated, screening_incomplete
select
    episode.trial,
    episode.outcome,
    episode.contrast,
    episode.episode_key,
    case
        when
            coalesce(withheld.reason, doubted.words) is not null
            and episode.label in ('likely_gain', 'no_difference_expected')
            then 'not_enough_information'
        else episode.label
    end as label
from estimates.episode_effects as episode
left join self_checks.withheld as withheld
    on
        episode.trial = withheld.trial
        and episode.outcome = withheld.outcome
        and episode.contrast = withheld.contrast
left join self_checks.doubted as doubted
    on
        episode.trial = doubted.trial
        and episode.outcome = doubted.outcome
        and episode.contrast = doubted.contrast

-- How each effect moved since the night before, and why: newly arrived episodes, episodes that went, episodes scored again; whether
-- chance gives as large a move; which deliveries came or went and whether the code is another. A refusal says what is missing.
-- The parts are left out where fewer than 8 episodes arrived or went: a part of so few is a part of persons.
-- scope: global
-- key: trial, outcome, contrast
-- count: n, n_arrived, n_gone
-- expect: status in estimated, refused
with told as (
    select
        stability.* replace (
            case when withheld.reason is null then stability.status else 'refused' end as status,
            coalesce(withheld.reason, stability.reason) as reason
        ),
        stability.status = 'estimated' and withheld.reason is null as is_told,
        stability.n_arrived between 1 and 7 or stability.n_gone between 1 and 7 as has_few
    from diagnostics.stability as stability
    left join self_checks.withheld as withheld
        on
            stability.trial = withheld.trial
            and stability.outcome = withheld.outcome
            and stability.contrast = withheld.contrast
)

select
    told.trial,
    told.outcome,
    told.contrast,
    told.status,
    told.reason,
    case when told.is_told and not told.has_few then round(told.estimate_before, 4) end as estimate_before,
    case when told.is_told then round(told.estimate, 4) end as estimate,
    case when told.is_told and not told.has_few then round(told.move, 4) end as move,
    case when told.is_told and not told.has_few then round(told.move_by_arrived, 4) end as move_by_arrived,
    case when told.is_told and not told.has_few then round(told.move_by_gone, 4) end as move_by_gone,
    case when told.is_told and not told.has_few then round(told.move_by_rescored, 4) end as move_by_rescored,
    case
        when told.is_told and not told.has_few and isfinite(told.chance_limit) then round(told.chance_limit, 4)
    end as chance_limit,
    told.is_told and told.is_within_chance as is_within_chance,
    told.has_other_data,
    told.has_other_code,
    told.deliveries,
    case when told.is_told then told.verdict end as verdict,
    told.n,
    told.n_arrived,
    told.n_gone
from told

-- Every estimated or refused effect of the network, with its counts; effects are points of the scale or risk differences. An
-- effect whose self-check failed is refused as withheld, with the reason; doubt is why a difference must not be taken as shown.
-- scope: global
-- key: trial, outcome, contrast, group_name, group_level
-- count: n, n_treated, n_comparator, effective_n
-- expect: status in estimated, refused
select
    effects.trial,
    effects.outcome,
    effects.contrast,
    effects.group_name,
    effects.group_level,
    case when withheld.reason is null then effects.status else 'refused' end as status,
    coalesce(
        case when effects.status = 'refused' then effects.reason end, withheld.reason, effects.reason
    ) as reason,
    case when effects.status = 'estimated' and withheld.reason is null then round(effects.estimate, 4) end as estimate,
    case when effects.status = 'estimated' and withheld.reason is null then round(effects.lower, 4) end as lower,
    case when effects.status = 'estimated' and withheld.reason is null then round(effects.upper, 4) end as upper,
    cast(effects.n as bigint) as n,
    cast(effects.n_treated as bigint) as n_treated,
    cast(effects.n_comparator as bigint) as n_comparator,
    cast(round(effects.effective_n) as bigint) as effective_n,
    case when withheld.reason is null then effects.episodes_needed end as episodes_needed,
    case when effects.status = 'estimated' and withheld.reason is null then doubted.words end as doubt
from estimates.effects as effects
left join self_checks.withheld as withheld
    on
        effects.trial = withheld.trial
        and effects.outcome = withheld.outcome
        and effects.contrast = withheld.contrast
left join self_checks.doubted as doubted
    on
        effects.trial = doubted.trial
        and effects.outcome = doubted.outcome
        and effects.contrast = doubted.contrast

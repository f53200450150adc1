-- Published figures, one row a figure and estimate of ours beside which it stands (contrast, outcome and time are the same), with our
-- estimate in the same row; a figure of another contrast, outcome or time stands beside none and is context.
-- mark: V the source was looked up, R recalled and not checked, never to be printed as certain. n_studied is the published study's size.
-- scope: global
-- key: figure_no, trial, contrast, outcome
-- expect: mark in V, R
-- expect: differs not null
with effects as (
    select
        effect.trial,
        effect.outcome,
        effect.contrast,
        effect.estimate,
        effect.lower,
        effect.upper,
        case when withheld.reason is null then effect.status else 'refused' end as status,
        coalesce(withheld.reason, effect.reason) as reason
    from estimates.effects as effect
    left join self_checks.withheld as withheld
        on
            effect.trial = withheld.trial
            and effect.outcome = withheld.outcome
            and effect.contrast = withheld.contrast
    where effect.group_name = 'all'
)

select
    cast(figure.figure_no as integer) as figure_no,
    figure.study,
    figure.design,
    figure.n as n_studied,
    figure.mark,
    figure.source,
    figure.population,
    figure.compared,
    figure.outcome_words,
    figure.unit,
    figure.estimate,
    figure.lower,
    figure.upper,
    figure.finding,
    figure.differs,
    figure.version,
    coalesce(figure.trial, '') as trial,
    coalesce(figure.contrast, '') as contrast,
    coalesce(figure.outcome, '') as outcome,
    effect.status as our_status,
    effect.reason as our_reason,
    case when effect.status = 'estimated' then round(effect.estimate, 4) end as our_estimate,
    case when effect.status = 'estimated' then round(effect.lower, 4) end as our_lower,
    case when effect.status = 'estimated' then round(effect.upper, 4) end as our_upper
from diagnostics.published_figures as figure
left join effects as effect
    on
        figure.trial = effect.trial
        and figure.contrast = effect.contrast
        and figure.outcome = effect.outcome

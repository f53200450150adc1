-- Every effect, or comparison of regimes, that must not be shown, with the reason: a self-check failed, none was made, or a
-- diagnostic broke a limit that withholds.
-- Everything that shows an effect joins this table, so that nothing can forget it. contrast 'all' stands for all of an outcome.
-- scope: global
-- key: trial, outcome, contrast
-- expect: reason not null
with found as (
    select
        verdict.trial,
        verdict.outcome,
        verdict.contrast,
        verdict.check_name as found_by,
        verdict.words
    from self_checks.verdicts as verdict
    where verdict.is_withheld
    union all
    select
        concern.trial,
        concern.outcome,
        concern.contrast,
        concern.concern as found_by,
        rtrim(concern.words, '.') as words
    from diagnostics.concerns as concern
    where concern.severity = 'withhold'
),

failures as (
    select
        found.trial,
        found.outcome,
        found.contrast,
        string_agg(found.words, '; ' order by found.found_by) as words
    from found
    group by found.trial, found.outcome, found.contrast
)

select
    failures.trial,
    failures.outcome,
    failures.contrast,
    'withheld: ' || failures.words || '.' as reason
from failures
union all
select
    effect.trial,
    effect.outcome,
    effect.contrast,
    'withheld: no self-check of this effect was made.' as reason
from estimates.effects as effect
anti join self_checks.verdicts as verdict
    on
        effect.trial = verdict.trial
        and effect.outcome = verdict.outcome
        and effect.contrast = verdict.contrast
where effect.group_name = 'all' and effect.status = 'estimated'

-- Every effect, or comparison of regimes, that must not be shown, with the reason: a self-check failed, or none was made.
-- Everything that shows an effect joins this table, so that nothing can forget it. contrast 'all' stands for all of an outcome.
-- scope: global
-- key: trial, outcome, contrast
-- expect: reason not null
with failures as (
    select
        verdict.trial,
        verdict.outcome,
        verdict.contrast,
        string_agg(verdict.words, '; ' order by verdict.check_name) as words
    from self_checks.verdicts as verdict
    where verdict.is_withheld
    group by verdict.trial, verdict.outcome, verdict.contrast
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

-- Every effect that must not be taken as shown, with the reasons: a hidden factor, answers that are missing, one clinic or one
-- practitioner could explain it. It is shown with its doubt, is never read as a gain, and nobody is labelled by it.
-- scope: global
-- key: trial, outcome, contrast
-- expect: words not null
select
    concern.trial,
    concern.outcome,
    concern.contrast,
    string_agg(concern.words, ' ' order by concern.concern) as words
from diagnostics.concerns as concern
where
    concern.severity = 'tell'
    and concern.concern in ('hidden_factor', 'missing_outcomes', 'one_clinic', 'one_practitioner')
group by concern.trial, concern.outcome, concern.contrast

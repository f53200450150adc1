-- The verdict of every self-check on every effect: passed, failed (the effect is withheld) or not done, and what that means.
-- scope: global
-- key: trial, outcome, contrast, check_name
-- expect: status in passed, failed, not_done
select
    verdict.trial,
    verdict.outcome,
    verdict.contrast,
    verdict.check_name,
    verdict.status,
    verdict.is_withheld,
    verdict.words
from self_checks.verdicts as verdict

-- In what tonight's models are worse than those of the night before, as sentences; a night with notices is published all the same.
-- scope: global
-- key: trial, outcome, model, figure
-- expect: notice not null
select
    notice.trial,
    notice.outcome,
    notice.model,
    notice.figure,
    notice.notice
from estimates.notices as notice

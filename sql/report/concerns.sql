-- What the diagnostics found wrong with each estimate, in words that hold no count and no name.
-- scope: global
-- key: trial, outcome, contrast, concern
-- expect: severity in withhold, tell
select
    concern.trial,
    concern.outcome,
    concern.contrast,
    concern.concern,
    concern.severity,
    concern.words
from diagnostics.concerns as concern

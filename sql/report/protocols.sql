-- The protocol of each target trial and how the records emulate it (TARGET statement), a row an item.
-- scope: global
-- key: trial, item_no
-- expect: item not null
select
    protocol.trial,
    protocol.item_no,
    protocol.item,
    protocol.target_trial,
    protocol.emulation
from estimates.protocols as protocol

-- A root that neither leaves nor passes at the level: at L4-L5 it is L4 or L5, at L5-S1 L5 or S1.
-- scope: patient
-- table: clean.imaging_level
-- checked: nerve_root is not null
-- field: nerve_root, level
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Look whether levels are counted from the wrong vertebra, or roots of one level copied to all
select
    reading.clinic_code,
    reading.imaging_key,
    reading.level,
    reading.side,
    reading.reader_no
from clean.imaging_level as reading
where
    case reading.level
        when 'T12-L1' then reading.nerve_root <> 'L1'
        when 'L1-L2' then reading.nerve_root not in ('L1', 'L2')
        when 'L2-L3' then reading.nerve_root not in ('L2', 'L3')
        when 'L3-L4' then reading.nerve_root not in ('L3', 'L4')
        when 'L4-L5' then reading.nerve_root not in ('L4', 'L5')
        when 'L5-S1' then reading.nerve_root not in ('L5', 'S1')
        when 'S1-S2' then reading.nerve_root <> 'S1'
    end

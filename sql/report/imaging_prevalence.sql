-- Imaging findings of the network: one row a level and finding, with how many were assessed and how many had it.
-- By level, a grading is the worst over studies and readers; a level that a report does not mention is not assessed, never
-- normal. 'any level' is of episodes with all five lumbar levels assessed, beside the share of people of the same ages
-- without pain who have the finding (Brinjikji 2015, by age band).
-- scope: global
-- key: level, finding
-- part: n_with_finding of n_assessed
with lumbar_levels as (
    select
        imaging_levels.level,
        imaging_levels.disc_contour,
        imaging_levels.pfirrmann,
        imaging_levels.disc_height_loss,
        imaging_levels.facet_arthropathy,
        imaging_levels.spondylolisthesis,
        imaging_levels.central_stenosis,
        imaging_levels.nerve_root_compromise,
        imaging_levels.modic
    from cohort.imaging_levels as imaging_levels
    where imaging_levels.is_assessed and imaging_levels.level in ('L1-L2', 'L2-L3', 'L3-L4', 'L4-L5', 'L5-S1')
),

assessed_spines as (
    select
        imaging.is_bulge_or_worse,
        imaging.expected_bulge_share_at_age,
        imaging.is_protrusion_or_worse,
        imaging.expected_protrusion_share_at_age,
        imaging.is_degenerated,
        imaging.expected_degeneration_share_at_age,
        imaging.is_height_lost,
        imaging.expected_height_loss_share_at_age,
        imaging.is_facet_arthropathy,
        imaging.expected_facet_share_at_age,
        imaging.is_spondylolisthesis,
        imaging.expected_spondylolisthesis_share_at_age
    from cohort.imaging as imaging
    where imaging.lumbar_levels_assessed = 5
),

findings as (
    select
        lumbar_levels.level,
        'disc bulge or more' as finding,
        lumbar_levels.disc_contour <> 'normal' as is_found,
        cast(null as double) as expected_share
    from lumbar_levels
    union all
    select
        lumbar_levels.level,
        'disc protrusion or more' as finding,
        lumbar_levels.disc_contour in ('protrusion', 'extrusion', 'sequestration') as is_found,
        cast(null as double) as expected_share
    from lumbar_levels
    union all
    select
        lumbar_levels.level,
        'disc degeneration' as finding,
        lumbar_levels.pfirrmann >= 3 as is_found,
        cast(null as double) as expected_share
    from lumbar_levels
    union all
    select
        lumbar_levels.level,
        'disc height loss' as finding,
        lumbar_levels.disc_height_loss <> 'none' as is_found,
        cast(null as double) as expected_share
    from lumbar_levels
    union all
    select
        lumbar_levels.level,
        'facet arthropathy' as finding,
        lumbar_levels.facet_arthropathy >= 1 as is_found,
        cast(null as double) as expected_share
    from lumbar_levels
    union all
    select
        lumbar_levels.level,
        'vertebral slip' as finding,
        lumbar_levels.spondylolisthesis >= 1 as is_found,
        cast(null as double) as expected_share
    from lumbar_levels
    union all
    select
        lumbar_levels.level,
        'central narrowing' as finding,
        lumbar_levels.central_stenosis <> 'none' as is_found,
        cast(null as double) as expected_share
    from lumbar_levels
    union all
    select
        lumbar_levels.level,
        'nerve root deviated or compressed' as finding,
        lumbar_levels.nerve_root_compromise in ('deviation', 'compression') as is_found,
        cast(null as double) as expected_share
    from lumbar_levels
    union all
    select
        lumbar_levels.level,
        'Modic change' as finding,
        lumbar_levels.modic <> 'none' as is_found,
        cast(null as double) as expected_share
    from lumbar_levels
    union all
    select
        'any level' as level,
        'disc bulge or more' as finding,
        assessed_spines.is_bulge_or_worse,
        assessed_spines.expected_bulge_share_at_age
    from assessed_spines
    union all
    select
        'any level' as level,
        'disc protrusion or more' as finding,
        assessed_spines.is_protrusion_or_worse,
        assessed_spines.expected_protrusion_share_at_age
    from assessed_spines
    union all
    select
        'any level' as level,
        'disc degeneration' as finding,
        assessed_spines.is_degenerated,
        assessed_spines.expected_degeneration_share_at_age
    from assessed_spines
    union all
    select
        'any level' as level,
        'disc height loss' as finding,
        assessed_spines.is_height_lost,
        assessed_spines.expected_height_loss_share_at_age
    from assessed_spines
    union all
    select
        'any level' as level,
        'facet arthropathy' as finding,
        assessed_spines.is_facet_arthropathy,
        assessed_spines.expected_facet_share_at_age
    from assessed_spines
    union all
    select
        'any level' as level,
        'vertebral slip' as finding,
        assessed_spines.is_spondylolisthesis,
        assessed_spines.expected_spondylolisthesis_share_at_age
    from assessed_spines
)

select
    findings.level,
    findings.finding,
    count(*) as n_assessed,
    count(*) filter (where findings.is_found) as n_with_finding,
    cast(round(100 * avg(cast(findings.expected_share as decimal(18, 6)))) as integer) as age_typical_percent
from findings
where findings.is_found is not null
group by findings.level, findings.finding

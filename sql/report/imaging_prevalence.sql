-- Imaging findings of the network: one row a level and finding, with how many were assessed and how many had it.
-- By level, a grading is the worst over studies and readers; a level that a report does not mention is not assessed, never
-- normal. 'any level' is of episodes with all five lumbar levels assessed, beside the share of people of the same ages
-- without pain who have the finding (Brinjikji 2015, by age band).
-- scope: global
-- key: level, finding
-- part: n_with_finding of n_assessed
with level_findings as (
    select
        imaging_levels.level,
        unnest([
            {'finding': 'disc bulge or more', 'is_found': imaging_levels.disc_contour <> 'normal'},
            {
                'finding': 'disc protrusion or more',
                'is_found': imaging_levels.disc_contour in ('protrusion', 'extrusion', 'sequestration')
            },
            {'finding': 'disc degeneration', 'is_found': imaging_levels.pfirrmann >= 3},
            {'finding': 'disc height loss', 'is_found': imaging_levels.disc_height_loss <> 'none'},
            {'finding': 'facet arthropathy', 'is_found': imaging_levels.facet_arthropathy >= 1},
            {'finding': 'vertebral slip', 'is_found': imaging_levels.spondylolisthesis >= 1},
            {'finding': 'central narrowing', 'is_found': imaging_levels.central_stenosis <> 'none'},
            {
                'finding': 'nerve root deviated or compressed',
                'is_found': imaging_levels.nerve_root_compromise in ('deviation', 'compression')
            },
            {'finding': 'Modic change', 'is_found': imaging_levels.modic <> 'none'}
        ]) as judged
    from cohort.imaging_levels as imaging_levels
    where imaging_levels.is_assessed and imaging_levels.level in ('L1-L2', 'L2-L3', 'L3-L4', 'L4-L5', 'L5-S1')
),

episode_findings as (
    select unnest([
        {
            'finding': 'disc bulge or more',
            'is_found': imaging.is_bulge_or_worse,
            'expected': imaging.expected_bulge_share_at_age
        },
        {
            'finding': 'disc protrusion or more',
            'is_found': imaging.is_protrusion_or_worse,
            'expected': imaging.expected_protrusion_share_at_age
        },
        {
            'finding': 'disc degeneration',
            'is_found': imaging.is_degenerated,
            'expected': imaging.expected_degeneration_share_at_age
        },
        {
            'finding': 'disc height loss',
            'is_found': imaging.is_height_lost,
            'expected': imaging.expected_height_loss_share_at_age
        },
        {
            'finding': 'facet arthropathy',
            'is_found': imaging.is_facet_arthropathy,
            'expected': imaging.expected_facet_share_at_age
        },
        {
            'finding': 'vertebral slip',
            'is_found': imaging.is_spondylolisthesis,
            'expected': imaging.expected_spondylolisthesis_share_at_age
        }
    ]) as judged
    from cohort.imaging as imaging
    where imaging.lumbar_levels_assessed = 5
),

findings as (
    select
        level_findings.level,
        level_findings.judged.finding as finding,
        level_findings.judged.is_found as is_found,
        cast(null as double) as expected
    from level_findings
    union all
    select
        'any level' as level,
        episode_findings.judged.finding as finding,
        episode_findings.judged.is_found as is_found,
        episode_findings.judged.expected as expected
    from episode_findings
)

select
    findings.level,
    findings.finding,
    count(*) as n_assessed,
    count(*) filter (where findings.is_found) as n_with_finding,
    cast(round(100 * avg(cast(findings.expected as decimal(18, 6)))) as integer) as age_typical_percent
from findings
where findings.is_found is not null
group by findings.level, findings.finding

-- Imaging findings of the network: one row a level ('any level': episodes) and finding, with levels assessed and found.
-- A level is judged by its worst grade; a level that a report does not mention is not assessed, never
-- normal. The age-typical share is of people without pain (Brinjikji 2015, by age band), for 'any level' only.
-- scope: global
-- key: level, finding
-- part: n_with_finding of n_assessed
with gradings as (
    select
        imaging_levels.episode_key,
        imaging_levels.level,
        imaging_levels.disc_contour,
        imaging_levels.disc_height_loss,
        imaging_levels.pfirrmann,
        imaging_levels.facet_arthropathy,
        imaging_levels.central_stenosis,
        imaging_levels.spondylolisthesis,
        imaging_levels.nerve_root_compromise,
        imaging_levels.modic
    from cohort.imaging_levels as imaging_levels
    where imaging_levels.is_assessed
),

findings as (
    select
        episode_key, level, 'disc bulge or more' as finding, disc_contour <> 'normal' as is_found
    from gradings
    union all
    select
        episode_key,
        level,
        'disc herniation' as finding,
        disc_contour in ('protrusion', 'extrusion', 'sequestration') as is_found
    from gradings
    union all
    select
        episode_key, level, 'disc height loss' as finding, disc_height_loss <> 'none' as is_found
    from gradings
    union all
    select
        episode_key, level, 'disc degeneration' as finding, pfirrmann >= 3 as is_found
    from gradings
    union all
    select
        episode_key, level, 'facet arthropathy' as finding, facet_arthropathy >= 1 as is_found
    from gradings
    union all
    select
        episode_key, level, 'central narrowing' as finding, central_stenosis <> 'none' as is_found
    from gradings
    union all
    select
        episode_key, level, 'vertebral slip' as finding, spondylolisthesis >= 1 as is_found
    from gradings
    union all
    select
        episode_key,
        level,
        'nerve root deviated or compressed' as finding,
        nerve_root_compromise in ('deviation', 'compression') as is_found
    from gradings
    union all
    select
        episode_key, level, 'Modic change' as finding, modic <> 'none' as is_found
    from gradings
),

graded as (
    select
        findings.episode_key,
        coalesce(findings.level, 'any level') as level,
        findings.finding,
        bool_or(findings.is_found) as is_found
    from findings
    where findings.is_found is not null
    group by grouping sets ((findings.episode_key, findings.level, findings.finding), (findings.episode_key, findings.finding))
)

select
    graded.level,
    graded.finding,
    count(*) as n_assessed,
    count(*) filter (where graded.is_found) as n_with_finding,
    cast(
        round(
            100 * avg(
                case
                    when graded.level <> 'any level' then null
                    when graded.finding = 'disc bulge or more'
                        then cast(imaging.expected_bulge_share_at_age as decimal(18, 6))
                    when graded.finding = 'disc degeneration'
                        then cast(imaging.expected_degeneration_share_at_age as decimal(18, 6))
                end
            )
        ) as integer
    ) as age_typical_percent
from graded
left join cohort.imaging as imaging on graded.episode_key = imaging.episode_key
group by graded.level, graded.finding

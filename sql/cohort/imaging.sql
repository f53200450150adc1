-- One episode: what spinal imaging by day 0 shows at its worst level, and how common that is at this age without pain.
-- Grades are ordinal numbers: 0 is normal or none, then the contract's order (Pfirrmann keeps 1 to 5; Modic 4 is mixed), the worst of
-- the levels that were assessed: a lower bound while others were not. A finding is true when an assessed level shows it, false only
-- when all five lumbar levels were level_grade for it and none does, else NULL. Degeneration is Pfirrmann 3 or more.
-- The shares at age are of people without pain (Brinjikji 2015, domain/evidence.md; 90+ as 80 to 89), NULL where no level was level_grade
-- for the finding, so that a mean over episodes compares like with like. serious_findings: of any study by day 0, NULL when none says.
-- scope: patient
-- key: episode_key
-- expect: has_imaging not null
-- expect: has_mri not null
-- expect: worst_disc_contour between 0 and 4
-- expect: worst_pfirrmann between 1 and 5
-- expect: expected_bulge_share_at_age between 0 and 1
with studies as (
    select
        imaging.episode_key,
        bool_or(imaging.modality = 'MR') as has_mri,
        max(imaging.study_day) as latest_study_day,
        cast(count(*) as integer) as studies
    from clean.imaging as imaging
    where
        imaging.study_day <= 0
        and imaging.region in ('lumbar', 'whole_spine')
        and imaging.modality in ('XR', 'MR', 'CT')
    group by imaging.episode_key
),

serious as (
    select
        imaging.episode_key,
        list_sort(list(distinct reading.serious_finding) filter (where reading.serious_finding <> 'none')) as findings
    from clean.imaging as imaging
    inner join clean.imaging_level as reading on imaging.imaging_key = reading.imaging_key
    where
        imaging.study_day <= 0
        and reading.serious_finding is not null
        and (reading.assessed or reading.serious_finding <> 'none')
    group by imaging.episode_key
),

ranked as (
    select
        level_grade.episode_key,
        level_grade.is_assessed,
        level_grade.level in ('L1-L2', 'L2-L3', 'L3-L4', 'L4-L5', 'L5-S1') as is_lumbar,
        level_grade.pfirrmann,
        level_grade.facet_arthropathy,
        level_grade.foraminal_stenosis,
        level_grade.spondylolisthesis,
        list_position(['normal', 'bulge', 'protrusion', 'extrusion', 'sequestration'], level_grade.disc_contour) - 1
            as contour,
        list_position(['none', 'mild', 'moderate', 'severe'], level_grade.disc_height_loss) - 1 as height,
        list_position(['none', 'mild', 'moderate', 'severe'], level_grade.central_stenosis) - 1 as central,
        list_position(['none', 'mild', 'moderate', 'severe'], level_grade.lateral_recess_stenosis) - 1 as recess,
        list_position(['none', 'contact', 'deviation', 'compression'], level_grade.nerve_root_compromise) - 1 as root,
        list_position(['none', '1', '2', '3', 'mixed'], level_grade.modic) - 1 as modic
    from cohort.imaging_levels as level_grade
),

worst as (
    select
        ranked.episode_key,
        cast(count(*) filter (where ranked.is_lumbar and ranked.is_assessed) as integer) as lumbar_levels_assessed,
        max(ranked.contour) as disc_contour,
        max(ranked.height) as disc_height_loss,
        max(ranked.pfirrmann) as pfirrmann,
        max(ranked.facet_arthropathy) as facet_arthropathy,
        max(ranked.central) as central_stenosis,
        max(ranked.recess) as lateral_recess_stenosis,
        max(ranked.foraminal_stenosis) as foraminal_stenosis,
        max(ranked.spondylolisthesis) as spondylolisthesis,
        max(ranked.root) as nerve_root_compromise,
        max(ranked.modic) as modic,
        count(ranked.contour) filter (where ranked.is_lumbar) = 5 as is_contour_complete,
        count(ranked.height) filter (where ranked.is_lumbar) = 5 as is_height_complete,
        count(ranked.pfirrmann) filter (where ranked.is_lumbar) = 5 as is_pfirrmann_complete,
        count(ranked.facet_arthropathy) filter (where ranked.is_lumbar) = 5 as is_facet_complete,
        count(ranked.spondylolisthesis) filter (where ranked.is_lumbar) = 5 as is_slip_complete
    from ranked
    group by ranked.episode_key
),

shares_at_age (age_band, degeneration, height_loss, bulge, protrusion, facet, spondylolisthesis) as (
    values
    ('18-29', 0.37, 0.24, 0.30, 0.29, 0.04, 0.03),
    ('30-39', 0.52, 0.34, 0.40, 0.31, 0.09, 0.05),
    ('40-49', 0.68, 0.45, 0.50, 0.33, 0.18, 0.08),
    ('50-59', 0.80, 0.56, 0.60, 0.36, 0.32, 0.14),
    ('60-69', 0.88, 0.67, 0.69, 0.38, 0.50, 0.23),
    ('70-79', 0.93, 0.76, 0.77, 0.40, 0.69, 0.35),
    ('80-89', 0.96, 0.84, 0.84, 0.43, 0.83, 0.50),
    ('90+', 0.96, 0.84, 0.84, 0.43, 0.83, 0.50)
),

expected as (
    select
        at_age.age_band,
        cast(at_age.degeneration as double) as degeneration,
        cast(at_age.height_loss as double) as height_loss,
        cast(at_age.bulge as double) as bulge,
        cast(at_age.protrusion as double) as protrusion,
        cast(at_age.facet as double) as facet,
        cast(at_age.spondylolisthesis as double) as spondylolisthesis
    from shares_at_age as at_age
)

select
    intake.episode_key,
    studies.episode_key is not null as has_imaging,
    coalesce(studies.has_mri, false) as has_mri,
    coalesce(studies.studies, 0) as studies,
    studies.latest_study_day,
    coalesce(worst.lumbar_levels_assessed, 0) as lumbar_levels_assessed,
    cast(worst.disc_contour as integer) as worst_disc_contour,
    cast(worst.disc_height_loss as integer) as worst_disc_height_loss,
    worst.pfirrmann as worst_pfirrmann,
    worst.facet_arthropathy as worst_facet_arthropathy,
    cast(worst.central_stenosis as integer) as worst_central_stenosis,
    cast(worst.lateral_recess_stenosis as integer) as worst_lateral_recess_stenosis,
    worst.foraminal_stenosis as worst_foraminal_stenosis,
    worst.spondylolisthesis as worst_spondylolisthesis,
    cast(worst.nerve_root_compromise as integer) as worst_nerve_root_compromise,
    cast(worst.modic as integer) as worst_modic,
    case when worst.pfirrmann >= 3 then true when worst.is_pfirrmann_complete then false end as is_degenerated,
    case when worst.disc_height_loss >= 1 then true when worst.is_height_complete then false end as is_height_lost,
    case when worst.disc_contour >= 1 then true when worst.is_contour_complete then false end as is_bulge_or_worse,
    case when worst.disc_contour >= 2 then true when worst.is_contour_complete then false end
        as is_protrusion_or_worse,
    case when worst.facet_arthropathy >= 1 then true when worst.is_facet_complete then false end
        as is_facet_arthropathy,
    case when worst.spondylolisthesis >= 1 then true when worst.is_slip_complete then false end
        as is_spondylolisthesis,
    case when worst.pfirrmann is not null then age.degeneration end as expected_degeneration_share_at_age,
    case when worst.disc_height_loss is not null then age.height_loss end as expected_height_loss_share_at_age,
    case when worst.disc_contour is not null then age.bulge end as expected_bulge_share_at_age,
    case when worst.disc_contour is not null then age.protrusion end as expected_protrusion_share_at_age,
    case when worst.facet_arthropathy is not null then age.facet end as expected_facet_share_at_age,
    case when worst.spondylolisthesis is not null then age.spondylolisthesis end
        as expected_spondylolisthesis_share_at_age,
    case when serious.episode_key is not null then coalesce(serious.findings, []) end as serious_findings
from clean.intake as intake
left join studies on intake.episode_key = studies.episode_key
left join worst on intake.episode_key = worst.episode_key
left join serious on intake.episode_key = serious.episode_key
left join expected as age on intake.age_band = age.age_band

-- One spinal level of an episode that was imaged by day 0: its worst grade over sides, readers and studies.
-- Studies: X-ray, MR or CT of the lumbar or whole spine with study_day <= 0. Both readers count, the worse one wins; readers says how
-- many there were. Each of the five lumbar levels has a row; one that is not mentioned, or is said not to be assessed, has
-- is_assessed false and no grade, never normal. An X-ray cannot grade the disc or the marrow: those three are left out of it.
-- scope: patient
-- key: episode_key, level
-- expect: is_assessed not null
-- expect: level in T12-L1, L1-L2, L2-L3, L3-L4, L4-L5, L5-S1, S1-S2
-- expect: pfirrmann between 1 and 5
with studies as (
    select
        imaging.imaging_key,
        imaging.episode_key,
        imaging.modality
    from clean.imaging as imaging
    where
        imaging.study_day <= 0
        and imaging.region in ('lumbar', 'whole_spine')
        and imaging.modality in ('XR', 'MR', 'CT')
),

readings as (
    select
        studies.episode_key,
        studies.imaging_key,
        reading.level,
        reading.reader_no,
        reading.disc_height_loss,
        reading.osteophyte,
        reading.facet_arthropathy,
        reading.central_stenosis,
        reading.lateral_recess_stenosis,
        reading.foraminal_stenosis,
        reading.spondylolisthesis,
        reading.nerve_root_compromise,
        case when studies.modality <> 'XR' then reading.disc_contour end as disc_contour,
        case when studies.modality <> 'XR' then reading.pfirrmann end as pfirrmann,
        case when studies.modality <> 'XR' then reading.modic end as modic
    from studies
    inner join clean.imaging_level as reading on studies.imaging_key = reading.imaging_key
    where reading.assessed
),

ranked as (
    select
        readings.*,
        list_position(['normal', 'bulge', 'protrusion', 'extrusion', 'sequestration'], readings.disc_contour)
            as contour_rank,
        list_position(['none', 'mild', 'moderate', 'severe'], readings.disc_height_loss) as height_rank,
        list_position(['none', 'small', 'moderate', 'large', 'bridging'], readings.osteophyte) as osteophyte_rank,
        list_position(['none', 'mild', 'moderate', 'severe'], readings.central_stenosis) as central_rank,
        list_position(['none', 'mild', 'moderate', 'severe'], readings.lateral_recess_stenosis) as recess_rank,
        list_position(['none', 'contact', 'deviation', 'compression'], readings.nerve_root_compromise) as root_rank,
        list_position(['none', '1', '2', '3', 'mixed'], readings.modic) as modic_rank
    from readings
),

grades as (
    select
        ranked.episode_key,
        ranked.level,
        cast(count(distinct ranked.imaging_key) as integer) as studies,
        cast(count(distinct ranked.reader_no) as integer) as readers,
        arg_max(ranked.disc_contour, ranked.contour_rank) as disc_contour,
        arg_max(ranked.disc_height_loss, ranked.height_rank) as disc_height_loss,
        max(ranked.pfirrmann) as pfirrmann,
        arg_max(ranked.osteophyte, ranked.osteophyte_rank) as osteophyte,
        max(ranked.facet_arthropathy) as facet_arthropathy,
        arg_max(ranked.central_stenosis, ranked.central_rank) as central_stenosis,
        arg_max(ranked.lateral_recess_stenosis, ranked.recess_rank) as lateral_recess_stenosis,
        max(ranked.foraminal_stenosis) as foraminal_stenosis,
        max(ranked.spondylolisthesis) as spondylolisthesis,
        arg_max(ranked.nerve_root_compromise, ranked.root_rank) as nerve_root_compromise,
        arg_max(ranked.modic, ranked.modic_rank) as modic
    from ranked
    group by ranked.episode_key, ranked.level
),

levels as (
    select
        studies.episode_key,
        unnest(['L1-L2', 'L2-L3', 'L3-L4', 'L4-L5', 'L5-S1']) as level
    from studies
    union
    select
        studies.episode_key,
        reading.level
    from studies
    inner join clean.imaging_level as reading on studies.imaging_key = reading.imaging_key
)

select
    levels.episode_key,
    levels.level,
    grades.level is not null as is_assessed,
    coalesce(grades.studies, 0) as studies,
    coalesce(grades.readers, 0) as readers,
    grades.disc_contour,
    grades.disc_height_loss,
    grades.pfirrmann,
    grades.osteophyte,
    grades.facet_arthropathy,
    grades.central_stenosis,
    grades.lateral_recess_stenosis,
    grades.foraminal_stenosis,
    grades.spondylolisthesis,
    grades.nerve_root_compromise,
    grades.modic
from levels
left join grades on levels.episode_key = grades.episode_key and levels.level = grades.level

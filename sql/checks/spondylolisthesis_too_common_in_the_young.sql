-- A clinic where more than 20 % of at least 20 graded people under 30 have a vertebral slip (3 % have one without pain): a coding error.
-- scope: global
-- table: cohort.episodes
-- unit: clinic_code
-- field: spondylolisthesis
-- category: plausibility atemporal
-- context: validation
-- severity: warn
-- owner: clinic
-- allowed: 0 %
-- remedy: Look how a missing slip is coded in the export: 0 is no slip, .a is not graded
select episode.clinic_code
from cohort.imaging as imaging
inner join cohort.episodes as episode on imaging.episode_key = episode.episode_key
where episode.age_band = '18-29' and imaging.worst_spondylolisthesis is not null
group by episode.clinic_code
having count(*) >= 20 and count(*) filter (where imaging.worst_spondylolisthesis >= 1) > 0.2 * count(*)

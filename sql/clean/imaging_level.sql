-- The typed current view of the imaging_level feed: one row for each imaging_key, level, side, reader_no, the latest delivery in force wins.
-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.
-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.
-- scope: patient
-- key: imaging_key, level, side, reader_no
with delivered as not materialized (
    select
        raw_row.delivery_key,
        raw_row.row_number,
        file.clinic_code as sender,
        file.sequence_no,
        said(raw_row.imaging_key) as imaging_key,
        said(raw_row.reader_no) as reader_no,
        said(raw_row.nerve_root) as nerve_root,
        said(raw_row.level) as level,
        said(raw_row.side) as side,
        said(raw_row.assessed) as assessed,
        said(raw_row.disc_contour) as disc_contour,
        said(raw_row.disc_height_loss) as disc_height_loss,
        said(raw_row.pfirrmann) as pfirrmann,
        said(raw_row.annular_fissure_hiz) as annular_fissure_hiz,
        said(raw_row.osteophyte) as osteophyte,
        said(raw_row.ligamentum_flavum_mm) as ligamentum_flavum_mm,
        said(raw_row.ligamentum_flavum_thick) as ligamentum_flavum_thick,
        said(raw_row.facet_arthropathy) as facet_arthropathy,
        said(raw_row.central_stenosis) as central_stenosis,
        said(raw_row.lateral_recess_stenosis) as lateral_recess_stenosis,
        said(raw_row.foraminal_stenosis) as foraminal_stenosis,
        said(raw_row.spondylolisthesis) as spondylolisthesis,
        said(raw_row.modic) as modic,
        said(raw_row.endplate_schmorl) as endplate_schmorl,
        said(raw_row.nerve_root_compromise) as nerve_root_compromise,
        said(raw_row.concordant_with_symptoms) as concordant_with_symptoms,
        said(raw_row.transitional_vertebra) as transitional_vertebra,
        said(raw_row.serious_finding) as serious_finding
    from raw.imaging_level as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'imaging_level'
    anti join raw.quarantine as refused
        on
            raw_row.delivery_key = refused.delivery_key
            and raw_row.row_number = refused.row_number
            and refused.feed = 'imaging_level'
            and refused.scope = 'row'
),

latest as (
    select
        delivered.delivery_key,
        delivered.row_number
    from delivered
    qualify
        row_number() over (
            partition by delivered.sender, key_text(delivered.imaging_key, '[A-Za-z0-9_.:/-]{1,64}'), whole_number(delivered.reader_no, 1, 2), code_text(delivered.level, ['T12-L1', 'L1-L2', 'L2-L3', 'L3-L4', 'L4-L5', 'L5-S1', 'S1-S2']), code_text(delivered.side, ['left', 'right', 'bilateral', 'central', 'na'])
            order by delivered.sequence_no desc, delivered.row_number desc
        ) = 1
)

select
    delivered.sender as clinic_code,
    key_text(delivered.imaging_key, '[A-Za-z0-9_.:/-]{1,64}') as imaging_key,
    whole_number(delivered.reader_no, 1, 2) as reader_no,
    code_text(delivered.nerve_root, ['L1', 'L2', 'L3', 'L4', 'L5', 'S1']) as nerve_root,
    missing_reason(delivered.nerve_root, code_text(delivered.nerve_root, ['L1', 'L2', 'L3', 'L4', 'L5', 'S1']) is not null) as nerve_root_reason,
    code_text(delivered.level, ['T12-L1', 'L1-L2', 'L2-L3', 'L3-L4', 'L4-L5', 'L5-S1', 'S1-S2']) as level,
    code_text(delivered.side, ['left', 'right', 'bilateral', 'central', 'na']) as side,
    yes_or_no(delivered.assessed) as assessed,
    code_text(delivered.disc_contour, ['normal', 'bulge', 'protrusion', 'extrusion', 'sequestration']) as disc_contour,
    missing_reason(delivered.disc_contour, code_text(delivered.disc_contour, ['normal', 'bulge', 'protrusion', 'extrusion', 'sequestration']) is not null) as disc_contour_reason,
    code_text(delivered.disc_height_loss, ['none', 'mild', 'moderate', 'severe']) as disc_height_loss,
    missing_reason(delivered.disc_height_loss, code_text(delivered.disc_height_loss, ['none', 'mild', 'moderate', 'severe']) is not null) as disc_height_loss_reason,
    whole_number(delivered.pfirrmann, 1, 5) as pfirrmann,
    missing_reason(delivered.pfirrmann, whole_number(delivered.pfirrmann, 1, 5) is not null) as pfirrmann_reason,
    yes_or_no(delivered.annular_fissure_hiz) as annular_fissure_hiz,
    missing_reason(delivered.annular_fissure_hiz, yes_or_no(delivered.annular_fissure_hiz) is not null) as annular_fissure_hiz_reason,
    code_text(delivered.osteophyte, ['none', 'small', 'moderate', 'large', 'bridging']) as osteophyte,
    missing_reason(delivered.osteophyte, code_text(delivered.osteophyte, ['none', 'small', 'moderate', 'large', 'bridging']) is not null) as osteophyte_reason,
    decimal_number(delivered.ligamentum_flavum_mm, 1, 12) as ligamentum_flavum_mm,
    missing_reason(delivered.ligamentum_flavum_mm, decimal_number(delivered.ligamentum_flavum_mm, 1, 12) is not null) as ligamentum_flavum_mm_reason,
    yes_or_no(delivered.ligamentum_flavum_thick) as ligamentum_flavum_thick,
    missing_reason(delivered.ligamentum_flavum_thick, yes_or_no(delivered.ligamentum_flavum_thick) is not null) as ligamentum_flavum_thick_reason,
    whole_number(delivered.facet_arthropathy, 0, 3) as facet_arthropathy,
    missing_reason(delivered.facet_arthropathy, whole_number(delivered.facet_arthropathy, 0, 3) is not null) as facet_arthropathy_reason,
    code_text(delivered.central_stenosis, ['none', 'mild', 'moderate', 'severe']) as central_stenosis,
    missing_reason(delivered.central_stenosis, code_text(delivered.central_stenosis, ['none', 'mild', 'moderate', 'severe']) is not null) as central_stenosis_reason,
    code_text(delivered.lateral_recess_stenosis, ['none', 'mild', 'moderate', 'severe']) as lateral_recess_stenosis,
    missing_reason(delivered.lateral_recess_stenosis, code_text(delivered.lateral_recess_stenosis, ['none', 'mild', 'moderate', 'severe']) is not null) as lateral_recess_stenosis_reason,
    whole_number(delivered.foraminal_stenosis, 0, 3) as foraminal_stenosis,
    missing_reason(delivered.foraminal_stenosis, whole_number(delivered.foraminal_stenosis, 0, 3) is not null) as foraminal_stenosis_reason,
    whole_number(delivered.spondylolisthesis, 0, 4) as spondylolisthesis,
    missing_reason(delivered.spondylolisthesis, whole_number(delivered.spondylolisthesis, 0, 4) is not null) as spondylolisthesis_reason,
    code_text(delivered.modic, ['none', '1', '2', '3', 'mixed']) as modic,
    missing_reason(delivered.modic, code_text(delivered.modic, ['none', '1', '2', '3', 'mixed']) is not null) as modic_reason,
    yes_or_no(delivered.endplate_schmorl) as endplate_schmorl,
    missing_reason(delivered.endplate_schmorl, yes_or_no(delivered.endplate_schmorl) is not null) as endplate_schmorl_reason,
    code_text(delivered.nerve_root_compromise, ['none', 'contact', 'deviation', 'compression']) as nerve_root_compromise,
    missing_reason(delivered.nerve_root_compromise, code_text(delivered.nerve_root_compromise, ['none', 'contact', 'deviation', 'compression']) is not null) as nerve_root_compromise_reason,
    yes_or_no(delivered.concordant_with_symptoms) as concordant_with_symptoms,
    missing_reason(delivered.concordant_with_symptoms, yes_or_no(delivered.concordant_with_symptoms) is not null) as concordant_with_symptoms_reason,
    code_text(delivered.transitional_vertebra, ['0', 'I', 'II', 'III', 'IV']) as transitional_vertebra,
    missing_reason(delivered.transitional_vertebra, code_text(delivered.transitional_vertebra, ['0', 'I', 'II', 'III', 'IV']) is not null) as transitional_vertebra_reason,
    code_text(delivered.serious_finding, ['none', 'fracture_acute', 'fracture_old', 'malignancy', 'infection', 'cauda_equina', 'inflammatory', 'aaa']) as serious_finding,
    missing_reason(delivered.serious_finding, code_text(delivered.serious_finding, ['none', 'fracture_acute', 'fracture_old', 'malignancy', 'infection', 'cauda_equina', 'inflammatory', 'aaa']) is not null) as serious_finding_reason,
    delivered.delivery_key,
    delivered.row_number
from delivered
inner join latest on delivered.delivery_key = latest.delivery_key and delivered.row_number = latest.row_number
semi join clean.imaging as parent
    on delivered.sender = parent.clinic_code and delivered.imaging_key = parent.imaging_key

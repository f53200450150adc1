"""Modalities of images: DICOM's codes (CID 29), which FHIR uses too, as the contract's."""

MODALITIES = {
    "CR": "XR",
    "DX": "XR",
    "RG": "XR",
    "RF": "XR",
    "MR": "MR",
    "CT": "CT",
    "US": "US",
    "NM": "NM",
    "PT": "NM",
    "BMD": "DXA",
}

"""Whether a DICOM header may be read at all: it says that identity was removed, how, and holds nothing that identifies.

Codes are those of DICOM PS3.16, context group 7050 (de-identification methods).
"""

import re

from pydicom.dataset import Dataset

BASIC_PROFILE, CLEAN_PIXELS = "113100", "113101"
NOT_ALLOWED = {"113106": "it keeps full dates (113106)", "113112": "it keeps the institution (113112)"}
_IDENTIFYING = {
    "PatientBirthDate": "a birth date",
    "PatientAddress": "an address",
    "PatientTelephoneNumbers": "a telephone number",
    "AccessionNumber": "an accession number",
    "InstitutionName": "an institution",
    "InstitutionAddress": "an institution",
    "ReferringPhysicianName": "a referrer",
    "PerformingPhysicianName": "a physician",
    "OperatorsName": "an operator",
    "OtherPatientIDs": "another number of the patient",
    "OtherPatientIDsSequence": "another number of the patient",
    "OtherPatientNames": "another name of the patient",
    "PatientComments": "comments on the patient",
    "IconImageSequence": "an icon image",
}
_PSEUDONYM = re.compile("[0-9a-fA-F]{32,64}")
_NOBODY = {"", "ANON", "ANONYMOUS", "ANONYMIZED", "ANONYMISED", "DEIDENTIFIED"}


def refusal_of(header: Dataset) -> str:
    """Why a header is refused, in fixed words; '' when it may be read.

    What identifies comes first, then what the header says of how identity was removed: a person sees what is worst.
    """
    name, number = (str(header.get(element, "") or "").strip() for element in ("PatientName", "PatientID"))
    if name.upper() not in _NOBODY and name != number:
        return "it has a patient's name"
    if number and not _PSEUDONYM.fullmatch(number):
        return "it has a patient's number that is no pseudonym"
    for element, words in _IDENTIFYING.items():
        if header.get(element):
            return f"it has {words}"
    if _has_private(header):
        return "it has private elements"
    return _not_removed(header)


def _not_removed(header: Dataset) -> str:
    if header.get("PatientIdentityRemoved") != "YES":
        return "it does not say that identity was removed"
    methods = {str(one.get("CodeValue", "")) for one in header.get("DeidentificationMethodCodeSequence", None) or []}
    for code, words in NOT_ALLOWED.items():
        if code in methods:
            return words
    if BASIC_PROFILE not in methods:
        return "identity was not removed by the Basic Profile (113100)"
    if CLEAN_PIXELS not in methods and header.get("BurnedInAnnotation") != "NO":
        return "nothing says that the image itself holds no name (113101, or BurnedInAnnotation NO)"
    return ""


def _has_private(header: Dataset) -> bool:
    """Whether a private element (of an odd group) stands anywhere, also inside sequences."""
    for element in header:
        if element.tag.is_private:
            return True
        if element.VR == "SQ" and any(_has_private(item) for item in element.value or []):
            return True
    return False

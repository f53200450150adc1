"""What the folder of a clinic's, a practitioner's or the network's reports is called, below `reports/`."""

import hashlib
import re

NETWORK = "network"
PRACTITIONER = "practitioner-"
_PLAIN = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,59}")


def shelf_of(clinic_code: str) -> str:
    """The name of a clinic's folder, or of the network's: the code when it is plain capitals and digits, else with a hash.

    Two codes never have the same folder, whatever other clinics there are, also on disks that ignore case.
    """
    if clinic_code == NETWORK or (_PLAIN.fullmatch(clinic_code) and clinic_code.lower() != NETWORK):
        return clinic_code
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", clinic_code)[:40]
    return f"{'clinic-' if is_of_practitioner(plain) else ''}{plain}-{_hash(clinic_code)}"


def practitioner_shelf(clinic_code: str, practitioner_key: str) -> str:
    """The name of a practitioner's own folder, beside that of the clinic: whoever may read the clinic's may not read this one."""
    return f"{PRACTITIONER}{shelf_of(clinic_code)}-{_hash(practitioner_key)}"


def is_of_practitioner(shelf: str) -> bool:
    """Whether a folder is a practitioner's: no clinic's or network's folder begins like it."""
    return shelf.startswith(PRACTITIONER)


def is_of_practitioner_in(shelf: str, clinic_code: str) -> bool:
    """Whether a folder is of a practitioner of this clinic."""
    return re.fullmatch(rf"{PRACTITIONER}{re.escape(shelf_of(clinic_code))}-[0-9a-f]{{12}}", shelf) is not None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]

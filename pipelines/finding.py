"""What `stepcare doctor` finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what, whether it is well, and what to do when it is not."""

    what: str
    is_well: bool
    remedy: str = ""

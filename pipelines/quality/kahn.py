"""The words of a check: Kahn's categories, severities and owners, and what one check is.

Categories, subcategories and contexts are those of Kahn et al. 2016 (eGEMs 4(1):1244), as the DataQualityDashboard of OHDSI
uses them; it calls the severities fatal, convention and characterization.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Category = Literal["conformance", "completeness", "plausibility"]
Context = Literal["verification", "validation"]
Severity = Literal["error", "warn", "note"]
Owner = Literal["clinic", "clinical_lead", "analyst", "stepcare"]

CATEGORIES: tuple[Category, ...] = get_args(Category)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
SUBCATEGORIES: dict[str, tuple[str, ...]] = {
    "conformance": ("value", "relational", "computational"),
    "completeness": ("-",),
    "plausibility": ("atemporal", "temporal"),
}
CONTEXTS: dict[str, str] = {
    "verification": "against our own contract and rules",
    "validation": "against something outside: other deliveries, publications, other clinics",
}
OWNERS: dict[str, str] = {
    "clinic": "the clinic: its export or its recording",
    "clinical_lead": "the clinical lead: a matter of safety",
    "analyst": "the analyst: how a result may be read",
    "stepcare": "Stepcare: a fault of this program",
}
NETWORK = "network"
"""All clinics together, where a table has a row a clinic."""


@dataclass(frozen=True)
class Check:
    """One check: what it says, of which field of which table, who mends it, how, and which share may break it (percent)."""

    name: str
    category: Category
    subcategory: str
    context: Context
    severity: Severity
    owner: Owner
    table: str
    field: str
    allowed_percent: float
    description: str
    remedy: str

    def __post_init__(self) -> None:
        if self.category not in SUBCATEGORIES or self.subcategory not in SUBCATEGORIES[self.category]:
            raise ValueError(f"{self.name}: category {self.category} {self.subcategory} is none of Kahn's")
        if self.context not in CONTEXTS or self.severity not in SEVERITIES or self.owner not in OWNERS:
            raise ValueError(
                f"{self.name}: context {self.context}, severity {self.severity} or owner {self.owner} is unknown"
            )
        if not 0 <= self.allowed_percent <= 100 or not self.remedy or not self.description:
            raise ValueError(f"{self.name}: allowed must be a percentage, and description and remedy must be given")


@dataclass(frozen=True)
class Count:
    """What became of a check in one clinic: rows broken of rows checked. `clinic_code` is None when no clinic is known."""

    name: str
    clinic_code: str | None
    n_broken: int
    n_rows: int

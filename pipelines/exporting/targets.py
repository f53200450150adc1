"""What a code of the source means: the block `codes` of a mapping, `code: feed field` or `code: feed field=value, field=value`.

    loinc|97909-6: score odi_pct                  # an answer: outcome, and baseline when given at the start
    snomed|73211009: history comorb_diabetes      # true of every episode while it lasts
    snomed|279039007: intake complaint_region=low_back   # true of the episode of its day
    snomed|229070002: session_component component=exercise, exercise_type=strength
    loinc|1988-5: lab crp

and the block `values`: by field, what a coded value of the source is in the contract.

This file ships content from LOINC (http://loinc.org). LOINC is copyright (c) Regenstrief Institute, Inc. and the Logical
Observation Identifiers Names and Codes (LOINC) Committee and is available at no cost under the licence at http://loinc.org/license.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.contracts import FEEDS, REASONS, Field
from pipelines.exporting.marked_yaml import Section
from pipelines.exporting.records import fields_of

SYSTEMS = {
    "loinc": "http://loinc.org",
    "snomed": "http://snomed.info/sct",
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "atc": "http://www.whocc.no/atc",
    "cpt": "http://www.ama-assn.org/go/cpt",
    "dicom": "http://dicom.nema.org/resources/ontology/DCM",
}
"""Short names of code systems; any other is written in full. No code of SNOMED CT or CPT is shipped."""

SHIPPED = {
    "loinc|39156-5": "intake bmi",
    "loinc|97909-6": "score odi_pct",
    "loinc|91351-7": "intake start_total",
    "loinc|91350-9": "intake start_psych",
    "loinc|55758-7": "intake phq2",
    "loinc|1988-5": "lab crp",
    "loinc|4548-4": "lab hba1c",
    "loinc|2857-1": "lab psa",
    "loinc|6768-6": "lab alp",
    "loinc|3016-3": "lab tsh",
}
"""What is known without a mapping; a mapping of the same code replaces it."""

AT_THE_START = "score"
STANDING = "history"
SIDE = "{side}"
_WORDS = {AT_THE_START: "outcome", STANDING: "intake"}
_SIDES = ("left", "right", "bilateral")
_YES_NO = {
    "http://terminology.hl7.org/CodeSystem/v2-0136|Y": "yes",
    "http://terminology.hl7.org/CodeSystem/v2-0136|N": "no",
}


@dataclass(frozen=True)
class Target:
    """Where a fact goes: `kind` is a feed, `score` or `history`; each field with its value, or None for the fact's own."""

    kind: str
    fields: tuple[tuple[str, str | None], ...]

    @property
    def feed(self) -> str:
        """The feed of its records."""
        return _WORDS.get(self.kind, self.kind)


@dataclass(frozen=True)
class Rules:
    """What a mapping says of codes: `targets` by code, and by field what a coded `value` is in the contract."""

    targets: Mapping[str, tuple[Target, ...]]
    values: Mapping[str, Mapping[str, str]]

    def coded(self, feed: str, name: str, code: str) -> str | None:
        """The contract's code for a coded value of the source, or None; a code that the contract has itself passes."""
        said = self.values.get(name, {}).get(code)
        if said is not None:
            return said
        field = _field(feed, name)
        if field is None:
            return None
        if field.type in ("tri", "bool") and code in _YES_NO:
            return _YES_NO[code]
        own = code.rpartition("|")[2]
        return own if own in field.codes else None


def read_rules(mapping: Section, shipped: Mapping[str, str] = SHIPPED) -> Rules:
    """The rules of the blocks `codes` and `values`; raises UsageError that names the line of what cannot be used."""
    targets: dict[str, tuple[Target, ...]] = {
        full_code(code): (read_target(code, said),) for code, said in shipped.items()
    }
    codes = mapping.section("codes")
    if codes is None:
        return Rules(targets, dict(_values(mapping)))
    for code in codes.names:
        targets[full_code(code)] = read_targets(codes, code)
    return Rules(targets, dict(_values(mapping)))


def read_targets(block: Section, name: str) -> tuple[Target, ...]:
    """What the entry `name` of a block says: one target, or a list of them. Raises UsageError that names its line."""
    try:
        return tuple(read_target(name, said) for said in block.texts(name))
    except ValueError as error:
        raise block.error(str(error), "Write 'feed field' or 'feed field=value, field=value'", name) from None


def full_code(code: str) -> str:
    """`system|code` with the system written in full; a code without one stays alone."""
    system, found, own = code.partition("|")
    return f"{SYSTEMS.get(system, system)}|{own}" if found else code


def _values(mapping: Section) -> Iterator[tuple[str, dict[str, str]]]:
    block = mapping.section("values")
    for name in block.names if block else ():
        own = block.section(name) if block else None
        if block is None or own is None:
            continue
        known = _SIDES if name == "side" else _codes_of(name)
        if not known:
            raise block.error(f"{name} is no field of the contract that has codes", "Name one, such as sex", name)
        found = {}
        for code, said in own.items():
            if said not in known and said.removeprefix(".") not in REASONS:
                raise own.error(f"{said} is no code of {name}", f"The contract has {', '.join(known)}", code)
            found[full_code(code)] = said
        yield name, found


def _codes_of(name: str) -> tuple[str, ...]:
    return tuple(code for feed in FEEDS.values() for field in feed.fields if field.name == name for code in field.codes)


def read_target(code: str, said: str) -> Target:
    """The target that a text says, in the form of the module's examples. Raises ValueError when it says none."""
    kind, _, rest = said.strip().partition(" ")
    problem = _problem(kind, rest)
    if problem:
        raise ValueError(f"{code}: {problem}")
    if kind == "lab" and "=" not in rest:
        rest = f"test={rest.strip()}, value"
    return Target(kind, tuple(_parts(rest)))


def _parts(rest: str) -> Iterator[tuple[str, str | None]]:
    for part in rest.split(","):
        name, found, value = (piece.strip() for piece in part.partition("="))
        yield name, value if found else None


def _problem(kind: str, rest: str) -> str:
    feed = _WORDS.get(kind, kind)
    if feed not in FEEDS:
        return f"{kind} is no feed, {AT_THE_START} or {STANDING}"
    if kind == "lab" and "=" not in rest:
        rest = f"test={rest.strip()}"
    known = set(fields_of(feed))
    if kind == AT_THE_START:
        known &= set(fields_of("intake"))
    for name, value in _parts(rest):
        names = [name.replace(SIDE, side) for side in ("l", "r")] if SIDE in name else [name]
        if not known.issuperset(names):
            return f"{kind} has no field {name or 'without a name'}"
        field = _field(feed, names[0])
        codes = field.codes if field else ()
        if value is not None and codes and not set(value.split(";")) <= set(codes):
            return f"{value} is no code of {name}; it has {', '.join(codes)}"
    return ""


def _field(feed: str, name: str) -> Field | None:
    return _FIELDS.get((feed, name))


_FIELDS = {(feed.name, field.name): field for feed in FEEDS.values() for field in feed.fields}

"""The quality indicators as one Bundle of FHIR R4 Measures and summary MeasureReports (http://hl7.org/fhir/R4/measurereport.html).

A count that disclosure control withholds is absent, and says so (data-absent-reason `masked`); a share that may only be said as
'<5 %' is a score with a comparator. A MeasureReport of a period is of the episodes that began in it; one without a start is of
all on record.
"""

import json
import math
import re
import uuid
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from pipelines.reporting.released_rows import plain_rows
from pipelines.sharing.measures import FIGURES, INTERVAL_URL, NAMESPACE, SHARES, Json, Measure, coded
from pipelines.sharing.published import Night

_ABSENT_URL = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_TEST_DATA = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
_WORDS = re.compile(r"([<>])(\d+) %")
_LAST_DAY = {1: "03-31", 2: "06-30", 3: "09-30", 4: "12-31"}
Row = dict[str, Any]


def bundle_text(night: Night) -> str:
    """The whole Bundle (type collection) as JSON: every Measure, then every MeasureReport, in a fixed order.

    The same night gives the same bytes.
    """
    date = night.generation.made_at
    used = [*SHARES.values(), *FIGURES.values()]
    resources = [measure.resource(version("stepcare"), date) for measure in used]
    resources += list(_reports(night))
    if night.generation.is_simulated:
        resources = [resource | {"meta": {"tag": [_TEST_DATA]}} for resource in resources]
    bundle = {
        "resourceType": "Bundle",
        "identifier": {"system": f"urn:uuid:{NAMESPACE}", "value": night.generation.name},
        "type": "collection",
        "timestamp": date,
        "entry": [{"fullUrl": _full_url(resource), "resource": resource} for resource in resources],
    }
    return json.dumps(bundle, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _reports(night: Night) -> Iterator[Json]:
    strata: dict[str, list[Row]] = {}
    for row in plain_rows(night.released("equity")):
        strata.setdefault(row["indicator"], []).append(row)
    for row in plain_rows(night.released("indicators")):
        measure = SHARES[row["indicator"]]
        own = strata.get(measure.code, []) if row["clinic_code"] == "network" else []
        yield _report(night, measure, row["clinic_code"], "", _share_group(measure, row) | _stratified(measure, own))
    for row in plain_rows(night.released("indicator_periods")):
        measure = SHARES[row["indicator"]]
        yield _report(night, measure, row["clinic_code"], row["index_period"], _share_group(measure, row))
    for table, value in (("case_mix", "adjusted"), ("clinic_courses", "estimate")):
        for row in plain_rows(night.released(table)):
            measure = FIGURES[row["indicator"], row["measure"]]
            yield _report(night, measure, row["clinic_code"], "", _figure_group(measure, row, value))


def _report(night: Night, measure: Measure, clinic_code: str, index_period: str, group: Json) -> Json:
    name = f"report/{night.generation.night_key}/{measure.code}/{clinic_code}/{index_period}"
    return {
        "resourceType": "MeasureReport",
        "id": str(uuid.uuid5(NAMESPACE, name)),
        "status": "complete",
        "type": "summary",
        "measure": f"{measure.url}|{version('stepcare')}",
        "date": night.generation.made_at,
        "reporter": {"identifier": {"system": f"urn:uuid:{NAMESPACE}", "value": clinic_code}},
        "period": _period(index_period, night.generation.made_at),
        **({"improvementNotation": notation} if (notation := measure.improvement_notation) else {}),
        "group": [group],
    }


def _period(index_period: str, made_at: str) -> Json:
    year, _, quarter = index_period.partition("-Q")
    if not index_period:
        return {"end": made_at[:10]}
    if not quarter:
        return {"start": f"{year}-01-01", "end": f"{year}-12-31"}
    number = int(quarter)
    return {"start": f"{year}-{3 * number - 2:02d}-01", "end": f"{year}-{_LAST_DAY[number]}"}


def _share_group(measure: Measure, row: Row) -> Json:
    populations = [_population(code, row[code]) for code in ("denominator", "numerator")]
    return {"population": populations, "measureScore": _share_score(measure, row)}


def _share_score(measure: Measure, row: Row) -> Json:
    if row["denominator"] == 0:
        return _absent("unknown")
    if row["numerator_percent"] is not None:
        interval = _interval(row["numerator_percent_lower"], row["numerator_percent_upper"])
        return interval | measure.quantity(row["numerator_percent"])
    found = _WORDS.fullmatch(row["numerator_percent_words"] or "")
    if found is None:
        return _absent("masked")
    said = measure.quantity(int(found[2]))
    return {"value": said.pop("value"), "comparator": found[1]} | said


def _figure_group(measure: Measure, row: Row, value: str) -> Json:
    group: Json = {"population": [_population("measure-population", row["n"])]}
    if row["status"] != "estimated" or row[value] is None:
        return group | {"measureScore": _absent("masked")}
    return group | {"measureScore": _interval(row["lower"], row["upper"]) | measure.quantity(row[value])}


def _stratified(measure: Measure, rows: list[Row]) -> Json:
    by_dimension: dict[str, list[Json]] = {}
    for row in rows:
        stratum = {"value": {"text": row["level"]}} | _share_group(measure, row)
        by_dimension.setdefault(row["dimension"], []).append(stratum)
    if not by_dimension:
        return {}
    return {"stratifier": [{"code": [{"text": name}], "stratum": found} for name, found in by_dimension.items()]}


def _population(code: str, count: int | None) -> Json:
    said: Json = {"code": coded("measure-population", code)}
    return said | ({"_count": _absent("masked")} if count is None else {"count": count})


def _absent(reason: str) -> Json:
    return {"extension": [{"url": _ABSENT_URL, "valueCode": reason}]}


def _interval(lower: float | None, upper: float | None) -> Json:
    ends = [
        {"url": name, "valueDecimal": end}
        for name, end in (("lower", lower), ("upper", upper))
        if end is not None and math.isfinite(end)
    ]
    return {"extension": [{"url": INTERVAL_URL, "extension": ends}]} if ends else {}


def _full_url(resource: Json) -> str:
    return str(resource["url"]) if resource["resourceType"] == "Measure" else f"urn:uuid:{resource['id']}"

"""Export, then ingest: the warehouse's clinical facts are those that the FHIR resources were made from."""

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

pytest.importorskip("orjson", reason="orjson is not installed (the extra `export`)")

from pipelines.exporting.keys import Pseudonyms, create_key, read_key
from pipelines.exporting.running import Order, export
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.conftest import load_folders
from tests.exporting.fhir_clinic import MAPPING, Course, Score, Visit, resources, write_bulk

CLINIC = "C003"
COMPONENTS = {
    "advice": ("advice", None, None),
    "walking": ("exercise", "walking_aerobic", None),
    "thrust": ("manipulation", None, "thrust_hvla"),
}
DISCS = {"protruded": "protrusion", "flat": "normal"}
REGIONS = {"low-back": ["low_back"], "buttock": ["buttock"], "calf": ["calf"]}


TOKENS_SAID = (".p", ".d", ".u", ".n", ".s")


def scores(highest: int) -> st.SearchStrategy[Score]:
    return st.one_of(st.integers(0, highest), st.sampled_from(TOKENS_SAID))


visits = st.builds(
    Visit,
    day=st.just(0),
    is_attended=st.booleans(),
    pain_before=scores(10),
    pain_after=scores(10),
    components=st.lists(st.sampled_from(sorted(COMPONENTS)), max_size=3).map(tuple),
    has_soreness=st.booleans(),
)


@st.composite
def courses(draw: st.DrawFn) -> list[Course]:
    """One to four patients with an episode each, the first visit attended, all within 90 days."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        gaps = draw(st.lists(st.integers(1, 29), max_size=3))
        days = [0, *(sum(gaps[: place + 1]) for place in range(len(gaps)))]
        own = [Visit(**{**vars(draw(visits)), "day": day, "is_attended": True}) for day in days[:1]]
        own += [Visit(**{**vars(draw(visits)), "day": day}) for day in days[1:]]
        made.append(
            Course(
                number=number,
                first_day=date(2025, 1, 1) + timedelta(draw(st.integers(0, 300))),
                birth_year=draw(st.integers(1935, 2000)),
                sex=draw(st.sampled_from(["female", "male", "other"])),
                visits=tuple(own),
                region=draw(st.sampled_from(sorted(REGIONS))),
                back_pain=draw(st.dictionaries(st.sampled_from([0, 4, 12]), scores(10))),
                rmdq=draw(st.dictionaries(st.sampled_from([0, 4, 12]), scores(24))),
                has_diabetes=draw(st.sampled_from([True, False, None])),
                slr_left=draw(scores(120)),
                crp=draw(st.one_of(st.none(), st.integers(0, 1000).map(lambda tenths: tenths / 10))),
                disc=draw(st.sampled_from(["", *DISCS])),
                has_episode=draw(st.booleans()),
            )
        )
    return made


def with_reason(score: Score | None) -> tuple[int | None, str | None]:
    """A score as `clean.*` has it: the value, or NULL with its reason."""
    if isinstance(score, int):
        return score, None
    return None, (score or ".a").removeprefix(".") or "a"


def expected(course: Course, patient: str) -> dict[str, Any]:
    """The facts of a course by table, with the patient's pseudonym as the only key."""
    start = course.first_day
    age = start.year - course.birth_year - ((start.month, start.day) < (5, 17))
    band = next((f"{low}-{low + 9 if low > 18 else 29}" for low in (80, 70, 60, 50, 40, 30, 18) if age >= low), "")
    back, rmdq = course.back_pain or {}, course.rmdq or {}
    attended = [visit for visit in course.visits if visit.is_attended]
    weeks = sorted({*back, *rmdq})
    return {
        "intake": [
            (
                patient,
                "90+" if age >= 90 else band,
                course.sex,
                REGIONS[course.region],
                *with_reason(back.get(0)),
                *with_reason(rmdq.get(0)),
                course.has_diabetes,
            )
        ],
        "session": [
            (
                patient,
                visit.day,
                "attended" if visit.is_attended else "cancelled",
                *with_reason(visit.pain_before if visit.is_attended else None),
                *with_reason(visit.pain_after if visit.is_attended else None),
            )
            for visit in course.visits
        ],
        "session_component": [(patient, visit.day, *COMPONENTS[one]) for visit in attended for one in visit.components],
        "adverse_event": [
            (patient, visit.day, "local_soreness", "mild", False) for visit in attended if visit.has_soreness
        ],
        "outcome": [
            (patient, str(week), 7 * week, *with_reason(back.get(week)), *with_reason(rmdq.get(week))) for week in weeks
        ],
        "exam": [(patient, 0, *with_reason(course.slr_left))],
        "lab": [] if course.crp is None else [(patient, "crp", 1, course.crp, "mg/L")],
        "imaging": [(patient, 2, "MR", "lumbar")] if course.disc else [],
        "imaging_level": [(patient, "L5-S1", DISCS[course.disc], None), (patient, "L4-L5", None, "none")]
        if course.disc
        else [],
    }


OF_THE_PATIENT = "inner join clean.intake as intake on row.episode_key = intake.episode_key"
OF_THE_SESSION = (
    "inner join clean.session as session on row.session_key = session.session_key "
    "inner join clean.intake as intake on session.episode_key = intake.episode_key"
)
OF_THE_STUDY = (
    "inner join clean.imaging as study on row.imaging_key = study.imaging_key "
    "inner join clean.intake as intake on study.episode_key = intake.episode_key"
)
FOUND = {
    "intake": "select patient_key, age_band, sex, complaint_region, nprs_back_avg, nprs_back_avg_reason, rmdq24, rmdq24_reason, "
    "comorb_diabetes from clean.intake",
    "session": "select intake.patient_key, session_day, attendance, nprs_pre, nprs_pre_reason, nprs_post, nprs_post_reason "
    f"from clean.session as row {OF_THE_PATIENT}",
    "session_component": "select intake.patient_key, session.session_day, component, exercise_type, manip_type "
    f"from clean.session_component as row {OF_THE_SESSION}",
    "adverse_event": "select intake.patient_key, session.session_day, ae_type, ae_severity, ae_serious "
    f"from clean.adverse_event as row {OF_THE_SESSION}",
    "outcome": "select intake.patient_key, timepoint_wk, completed_day, row.nprs_back_avg, row.nprs_back_avg_reason, row.rmdq24, "
    f"row.rmdq24_reason from clean.outcome as row {OF_THE_PATIENT} where completed_day is not null",
    "exam": f"select intake.patient_key, exam_day, slr_deg_l, slr_deg_l_reason from clean.exam as row {OF_THE_PATIENT}",
    "lab": f"select intake.patient_key, test, day, value, unit from clean.lab as row {OF_THE_PATIENT}",
    "imaging": f"select intake.patient_key, study_day, modality, region from clean.imaging as row {OF_THE_PATIENT}",
    "imaging_level": "select intake.patient_key, level, disc_contour, nerve_root_compromise "
    f"from clean.imaging_level as row {OF_THE_STUDY}",
}


def check_round_trip(made: list[Course], folder: Path) -> None:
    bulk = write_bulk(folder / "bulk", [one for course in made for one in resources(course)])
    create_key(folder / "key")
    delivered, _ = export(Order(MAPPING, bulk, folder / "key", as_of=date(2026, 12, 31)), folder / "inbox")
    pseudonyms = Pseudonyms(read_key(folder / "key"), CLINIC)
    wanted = [expected(course, pseudonyms.of("patient", course.patient)) for course in made]
    with open_warehouse(":memory:", readable=(folder,)) as con:
        load_folders(con, [delivered])
        build(con, ["clean"])
        ((n_refused,),) = con.execute("select count(*) from raw.quarantine").fetchall()
        assert n_refused == 0
        for table, query in FOUND.items():
            found = sorted(con.execute(query).fetchall(), key=str)
            assert found == sorted((row for one in wanted for row in one[table]), key=str), table


def assorted(seed: int, n: int) -> list[Course]:
    """`n` courses in which every fact is there, missing with each reason, or not said."""
    chance = random.Random(seed)

    def score(highest: int) -> Score:
        return chance.choice([*range(highest + 1), *TOKENS_SAID, *TOKENS_SAID])

    def visit(day: int) -> Visit:
        components = tuple(chance.sample(sorted(COMPONENTS), chance.randint(0, 3)))
        is_attended = day == 0 or chance.random() < 0.8
        return Visit(day, is_attended, score(10), score(10), components, has_soreness=chance.random() < 0.3)

    return [
        Course(
            number=number,
            first_day=date(2025, 1, 1) + timedelta(chance.randint(0, 300)),
            birth_year=chance.randint(1935, 2000),
            sex=chance.choice(["female", "male", "other"]),
            visits=tuple(visit(day) for day in range(0, chance.randint(1, 90), chance.randint(5, 40))),
            region=chance.choice(sorted(REGIONS)),
            back_pain={week: score(10) for week in (0, 4, 12) if chance.random() < 0.7},
            rmdq={week: score(24) for week in (0, 4, 12) if chance.random() < 0.7},
            has_diabetes=chance.choice([True, False, None]),
            slr_left=score(120),
            crp=chance.choice([None, 0.0, 4.5, 99.9]),
            disc=chance.choice(["", *DISCS]),
            has_episode=chance.random() < 0.5,
        )
        for number in range(n)
    ]


@pytest.mark.ci
def test_what_is_exported_from_fhir_and_ingested_are_the_same_clinical_facts(tmp_path: Path) -> None:
    check_round_trip(assorted(seed=5, n=60), tmp_path)


@pytest.mark.ci
@settings(max_examples=5, phases=(Phase.explicit, Phase.generate))
@given(st.lists(courses(), min_size=3, max_size=8))
def test_many_made_up_clinics_come_back_as_they_were(made: list[list[Course]]) -> None:
    several = [course for own in made for course in own]
    renumbered = [Course(**{**vars(course), "number": number}) for number, course in enumerate(several)]
    with tempfile.TemporaryDirectory() as place:
        check_round_trip(renumbered, Path(place))

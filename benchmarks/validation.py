"""The contract of clean.session on a table of that form: our compiled query beside one written by hand for the same checks.

    python -m benchmarks.validation 1000000
    python -m benchmarks.validation 100000 --pandas    # and Great Expectations on pandas

All must find the same numbers of broken rows (some are planted). CPU seconds of all threads, the quickest of three runs.
"""

import argparse
import time
from collections.abc import Callable, Sequence

import duckdb

from benchmarks.measuring import cpu_seconds
from pipelines.casting import literal
from pipelines.contracts import FEEDS, Field
from pipelines.expectations import of_feed
from pipelines.validation import Outcome, read_and_validate, validate_with_duckdb
from pipelines.warehouse import open_warehouse

FEED = FEEDS["session"]
EXPECTATIONS = of_feed(FEED.name)
RUNS = 3
BY_HAND = """
select
    count(*) filter (where session_key is null),
    count(*) filter (where clinic_code is null),
    count(*) filter (where not regexp_full_match(session_key, '[A-Za-z0-9_.:/-]{1,64}')),
    count(*) filter (where episode_key is null),
    count(*) filter (where not regexp_full_match(episode_key, '[A-Za-z0-9_-]{16,64}')),
    count(*) filter (where session_no not between 1 and 200),
    count(*) filter (where session_day is null),
    count(*) filter (where session_day not between 0 and 3650),
    count(*) filter (where attendance is null),
    count(*) filter (where attendance not in ('attended', 'dna', 'cancelled_late', 'cancelled', 'rescheduled')),
    count(*) filter (where mode not in ('in_person', 'telehealth', 'group')),
    count(*) filter (where duration_min not between 5 and 180),
    count(*) filter (where not regexp_full_match(practitioner_key, '[A-Za-z0-9_.:/-]{1,64}')),
    count(*) filter (
        where practitioner_profession not in (
            'physiotherapist', 'manipulative_physiotherapist', 'chiropractor', 'osteopath', 'exercise_physiologist',
            'assistant', 'other'
        )
    ),
    count(*) filter (
        where practitioner_qualification not in (
            'entry', 'postgrad_cert', 'postgrad_masters_manip', 'fellow_ifompt', 'other'
        )
    ),
    count(*) filter (where practitioner_years_band not in ('0-2', '3-5', '6-10', '11-20', '20+')),
    count(*) filter (where nprs_pre not between 0 and 10),
    count(*) filter (where nprs_post not between 0 and 10),
    count(*) filter (where rom_flexion_pre not between 0 and 120),
    count(*) filter (where rom_flexion_post not between 0 and 120),
    count(*) filter (where rom_extension_pre not between 0 and 60),
    count(*) filter (where rom_extension_post not between 0 and 60),
    count(*) filter (where slr_pre not between 0 and 120),
    count(*) filter (where slr_post not between 0 and 120),
    count(*) filter (where neuro_change not in ('improved', 'same', 'worse', 'not_retested')),
    count(*) filter (where adherence_home_pct not between 0 and 100),
    count(*) filter (where medication_change not in ('none', 'started', 'stopped', 'increased', 'decreased')),
    count(*) filter (
        where step_up_decision not in (
            'none', 'add_manipulation', 'add_exercise', 'refer_imaging', 'refer_injection', 'refer_surgeon', 'refer_gp',
            'step_down'
        )
    ),
    count(*) filter (
        where step_up_reason not in (
            'no_improvement', 'worse', 'patient_request', 'protocol', 'practitioner_choice'
        )
    ),
    count(*) filter (
        where discharge_status not in (
            'ongoing', 'discharged_goals_met', 'discharged_no_change', 'self_discharged', 'lost', 'referred_on', 'surgery',
            'closed_admin'
        )
    ),
    (
        select coalesce(sum(n), 0)
        from (select count(*) as n from clean.session where session_key is not null group by session_key having count(*) > 1)
    )
from clean.session
"""


def _made(field: Field) -> str:
    """Values of the field, one in a thousand broken and a tenth missing; keys are there and unique but for one in a thousand."""
    draw = f"hash(n, {literal(field.name)})"
    if field.name == "session_key":
        return "case when n % 1000 = 0 then 'session 0' else 'session' || lpad(n::varchar, 17, '0') end"
    if field.type == "key":
        return f"case when {draw} % 1000 = 1 then 'no key' else left(md5({draw}::varchar), 24) end"
    if field.type == "enum":
        codes = f"[{', '.join(literal(code) for code in field.codes)}]"
        value = (
            f"case when {draw} % 1000 = 1 then 'no code' else {codes}[1 + ({draw} % {len(field.codes)})::integer] end"
        )
    else:
        low, high = int(field.low or 0), int(field.high or 1)
        value = f"case when {draw} % 1000 = 1 then {high + 1} else {low} + ({draw} % {high - low + 1})::integer end"
    return value if field.is_required else f"case when {draw} % 10 > 0 then {value} end"


def make_table(con: duckdb.DuckDBPyConnection, n_rows: int) -> None:
    """Fill clean.session with made-up rows."""
    columns = ", ".join(
        f"{_made(field)} as {field.name}" for field in FEED.fields if field.type in ("key", "enum", "int", "float")
    )
    con.execute(
        f"create table clean.session as select 'C' || (n % 100)::varchar as clinic_code, {columns} from range({n_rows}) as row (n)"
    ).fetchall()


def _numbers(outcomes: Sequence[Outcome]) -> list[int]:
    return [outcome.n_broken for outcome in outcomes]


def quickest(run: Callable[[], list[int]]) -> tuple[float, float, list[int]]:
    """CPU and wall seconds of the quickest of three runs, and what it returned."""
    found = []
    for _ in range(RUNS):
        cpu, wall = cpu_seconds(), time.perf_counter()
        said = run()
        found.append((cpu_seconds() - cpu, time.perf_counter() - wall, said))
    return min(found, key=lambda one: one[0])


def main() -> None:
    """Read the number of rows and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--pandas", action="store_true")
    arguments = parser.parse_args()
    ways: dict[str, Callable[[duckdb.DuckDBPyConnection], list[int]]] = {
        "by hand": lambda con: list(con.execute(BY_HAND).fetchall()[0]),
        "compiled": lambda con: _numbers(validate_with_duckdb(con, "clean.session", EXPECTATIONS)),
    }
    if arguments.pandas:
        ways["Great Expectations, pandas"] = lambda con: _numbers(read_and_validate(con, "clean.session", EXPECTATIONS))
    with open_warehouse(":memory:") as con:
        make_table(con, arguments.rows)
        found = {name: quickest(lambda way=way: sorted(way(con))) for name, way in ways.items()}
    cpu_by_hand, _, numbers = found["by hand"]
    alike = all(said == numbers for _, _, said in found.values())
    print(f"{arguments.rows:,} rows, {len(EXPECTATIONS)} expectations, {sum(numbers):,} broken; alike: {alike}")
    print(f"{'':<30}{'CPU s':>9}{'wall s':>9}{'CPU / by hand':>15}")
    for name, (cpu, wall, _) in found.items():
        print(f"{name:<30}{cpu:>9.2f}{wall:>9.2f}{cpu / max(cpu_by_hand, 1e-9):>15.2f}")


if __name__ == "__main__":
    main()

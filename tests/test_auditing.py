"""The verdict of `make audit`: what could not be looked up is never green."""

import json

from pipelines.auditing import NONE_KNOWN, UNKNOWN, WEAK, judge

WEAKNESS = {"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"], "aliases": [], "description": ""}


def report(*packages: dict) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


CONTROL = report({"name": "jinja2", "version": "2.10", "vulns": [WEAKNESS]})
SOUND = report({"name": "duckdb", "version": "2.0.0", "vulns": []})
LEFT_OUT = report(
    {"name": "duckdb", "version": "2.0.0", "vulns": []}, {"name": "pandas", "skip_reason": "not found and not audited"}
)


def test_the_locks_are_clear_only_when_the_control_is_found_and_everything_was_audited() -> None:
    """R-S7: the positive control jinja2==2.10."""
    assert judge(CONTROL, [SOUND, SOUND])[0] == NONE_KNOWN


def test_a_source_that_does_not_know_the_control_clears_nothing() -> None:
    """R-S7: the false green that was measured, and a scanner without a network, are UNKNOWN."""
    for control in (
        report({"name": "jinja2", "version": "2.10", "vulns": []}),
        report(),
        LEFT_OUT,
        "",
        "{}",
        "null",
        "[]",
    ):
        code, lines = judge(control, [SOUND, SOUND])
        assert code == UNKNOWN
        assert "UNKNOWN" in lines[0]


def test_what_could_not_be_audited_is_unknown() -> None:
    for other in (LEFT_OUT, "", report(), "no JSON"):
        assert judge(CONTROL, [SOUND, other])[0] == UNKNOWN


def test_a_weakness_is_named_with_the_version_that_mends_it_even_beside_what_is_unknown() -> None:
    code, lines = judge(CONTROL, [CONTROL, ""])
    assert (code, lines) == (WEAK, ["jinja2 2.10: PYSEC-2019-217, mended in 2.10.1"])

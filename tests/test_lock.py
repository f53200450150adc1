"""The environment is the one that the locks describe: no version that nobody has looked at, no package that nobody named."""

import re
from importlib.metadata import distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-data.lock")
NOT_LOCKED = {"pip", "stepcare"}  # what fills the environment, and the project itself


def locked() -> dict[str, str]:
    """Package and version by the locks, for this Python and this system."""
    found: dict[str, str] = {}
    for name in LOCKS:
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if re.match(r"[a-zA-Z0-9]", line):
                wanted = Requirement(line.removesuffix("\\").strip())
                if wanted.marker is None or wanted.marker.evaluate():
                    found[canonicalize_name(wanted.name)] = next(iter(wanted.specifier)).version
    return found


@pytest.mark.ci
def test_the_environment_is_what_the_locks_say() -> None:
    """R-S7: every package at its locked version, none missing, none more."""
    installed = {canonicalize_name(found.name): found.version for found in distributions()}
    assert {name: version for name, version in installed.items() if name not in NOT_LOCKED} == locked()


@pytest.mark.parametrize("name", [*LOCKS, "requirements-spark.lock"])
def test_every_package_of_a_lock_is_pinned_with_its_hashes(name: str) -> None:
    """R-S7: so that pip refuses a file that was changed on its way; and no lock names an index."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-zA-Z0-9])", text.strip())
    assert entries
    assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert "://" not in text

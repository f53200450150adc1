"""What is installed where a task runs, compared with what is installed here: numbers agree only when both are the same."""

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from pipelines.errors import InstallationError
from pipelines.provenance import code_hash

Environment = Mapping[str, str]


@cache
def environment_here() -> Environment:
    """Versions by name: of Python, of every distribution that Stepcare needs (the lock, as it is installed), and its code."""
    found = {"python": platform.python_version(), "Stepcare's code": code_hash()[:16]}
    pending = ["stepcare"]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
            continue
        wanted = [Requirement(text) for text in requires(name) or ()]
        pending.extend(
            one.name.lower().replace("_", "-") for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})
        )
    return dict(sorted(found.items()))


def lock_hash(environment: Environment) -> str:
    """sha256 of an environment: equal where the same lock, Python and code are installed."""
    return hashlib.sha256(json.dumps(dict(environment), sort_keys=True).encode()).hexdigest()


def require_same(there: Environment, here: Environment, where: str) -> None:
    """Raise InstallationError, naming what differs, unless both environments have the same lock hash."""
    if lock_hash(there) == lock_hash(here):
        return
    names = sorted(name for name in {*there, *here} if there.get(name) != here.get(name))
    said = "; ".join(
        f"{name} is {there.get(name, 'absent')} there and {here.get(name, 'absent')} here" for name in names[:5]
    )
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    raise InstallationError(
        f"the environment of {where} is not this machine's ({lock_hash(there)[:12]}, not {lock_hash(here)[:12]}): {said}{more}. "
        "Install the same requirements.lock and the same Stepcare there, and start its workers again"
    )

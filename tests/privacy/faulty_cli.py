"""The command line of Stepcare with one fault in it: `python -m tests.privacy.faulty_cli WHERE COMMAND ...`.

A function fails as ours or a library's might, with an ordinary exception that quotes what it was working on.
"""

import sys
from typing import Any

import pytest

from pipelines.cli import main

PLACES = {
    "looking": "pipelines.deliveries.inbox.read_manifest",
    "loading": "pipelines.deliveries.raw.profile_new",
    "pages": "assets.report.write_night_pages",
}


def fail(where: str, value: str) -> Any:
    """Raise what Python says of a bad value, the value in it."""
    if where == "pages":
        raise KeyError(value)
    raise ValueError(f"could not convert string to float: {value!r}")


if __name__ == "__main__":
    where, value = sys.argv[1:3]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PLACES[where], lambda *_, **__: fail(where, value))
        main(sys.argv[3:])

"""Receive an inbox and be killed at a step of it: `python -m tests.deliveries.killed_receive HOME INBOX STEP`.

A step is anything that Python audits (a file opened, renamed, removed, a database opened), so that a kill falls between any two.
"""

import os
import signal
import sys
from pathlib import Path

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.settings import Settings


def main(home: Path, inbox: Path, step: int) -> None:
    settings = Settings(home=home, inbox=inbox)
    settings.store.mkdir(parents=True, exist_ok=True)
    n_steps = 0

    def count(event: str, _: tuple[object, ...]) -> None:
        nonlocal n_steps
        n_steps += event.startswith(("open", "os.", "shutil.", "sqlite3."))
        if n_steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_ledger(settings.ledger) as ledger:
        sys.addaudithook(count)
        receive(settings.inbox, settings.store, ledger)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

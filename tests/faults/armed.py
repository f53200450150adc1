"""The real `stepcare nightly`, in a process that is killed, or whose disk is filled, before one of its steps.

`python -m tests.faults.armed AT ACT LOG`: AT is the step's number, or 0 for none; ACT is `kill` or the folder whose disk is
filled; LOG takes the names of the steps so far.
"""

import sys
from pathlib import Path

from tests.faults.steps import Steps, count, fill_disk, kill


def _main(at: int, act: str, log: Path) -> None:
    def do(name: str) -> None:
        log.write_text("\n".join(steps.names), encoding="utf-8")
        if act == "kill":
            kill(name)
        else:
            fill_disk(Path(act))

    steps = Steps(at or None, do)
    from pipelines.cli import main

    count(steps)
    try:
        main(["nightly"])
    finally:
        if not at:
            log.write_text("\n".join(steps.names), encoding="utf-8")


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))

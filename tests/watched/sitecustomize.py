"""Notes every attempt of a Python process to reach another one, before it is made. Put on PYTHONPATH by tests/watching.py."""

import os
import sys

_NOTES = os.environ.get("STEPCARE_TEST_CONNECTS")
_WATCHED = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event in _WATCHED and _NOTES:
        where = arguments[0] if event.startswith("socket.get") else arguments[1]
        with open(_NOTES, "a", encoding="utf-8") as file:  # noqa: PTH123 (pathlib is not loaded this early)
            file.write(f"{event} {where!r}\n")


sys.addaudithook(_note)

"""What a process and its descendants use: CPU seconds and memory (Linux)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

TICKS = os.sysconf("SC_CLK_TCK")
SECONDS_BETWEEN_SAMPLES = 0.5


def _family() -> list[Path]:
    """The process itself and its descendants."""
    parent_of = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        if (text := _text(path)) is not None:
            parent_of[int(path.parent.name)] = int(text.rpartition(")")[2].split()[1])
    found = [os.getpid()]
    for one in found:
        found += [child for child, parent in parent_of.items() if parent == one]
    return [Path(f"/proc/{one}") for one in found]


def _text(path: Path) -> str | None:
    """What a file of /proc says; None when its process has ended."""
    try:
        return path.read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return None


def cpu_seconds(family: list[Path] | None = None) -> float:
    """User and system seconds so far of the process and its descendants, those that ended among them.

    `family` are the processes to ask (default: those of now, which takes a look at every process of the machine).
    """
    stats = [text for one in (_family() if family is None else family) if (text := _text(one / "stat")) is not None]
    return sum(int(ticks) for text in stats for ticks in text.rpartition(")")[2].split()[11:15]) / TICKS


class Memory:
    """The most megabytes held at one time: proportional set sizes summed, so that what several share is counted once."""

    def __init__(self) -> None:
        self.family: list[Path] = []
        self.peak = 0.0
        self._now = 0.0
        self._since = 0.0
        self.look()

    def look(self) -> None:
        """Sample once."""
        self.family = _family()
        lines = [line for one in self.family for line in (_text(one / "smaps_rollup") or "").splitlines()]
        self._now = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        self._since = max(self._since, self._now)
        self.peak = max(self.peak, self._now)

    def take(self) -> float:
        """The most since this was last asked, by the samples; of a moment without any, the last one's."""
        most, self._since = max(self._since, self._now), 0.0
        return most


@contextmanager
def sampled_memory() -> Iterator[Memory]:
    """Yield the memory, sampled twice a second until the end of the block."""
    memory, is_over = Memory(), Event()

    def sample() -> None:
        while not is_over.wait(SECONDS_BETWEEN_SAMPLES):
            memory.look()

    sampler = Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield memory
    finally:
        is_over.set()
        sampler.join()

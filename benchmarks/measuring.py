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


def cpu_seconds() -> float:
    """User and system seconds so far of the process and its descendants, those that ended among them."""
    stats = [text for one in _family() if (text := _text(one / "stat")) is not None]
    return sum(int(ticks) for text in stats for ticks in text.rpartition(")")[2].split()[11:15]) / TICKS


def _megabytes() -> float:
    lines = [line for one in _family() for line in (_text(one / "smaps_rollup") or "").splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


class Memory:
    """The most megabytes held at one time: proportional set sizes summed, so that what several share is counted once."""

    def __init__(self) -> None:
        self.peak = _megabytes()

    def look(self) -> None:
        """Sample once."""
        self.peak = max(self.peak, _megabytes())

    def take(self) -> float:
        """The peak since this was last asked."""
        self.look()
        peak, self.peak = self.peak, 0.0
        return peak


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

"""A line now and then while a backup is made or restored."""

import time
from collections.abc import Callable

_SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Says at most every ten seconds how many megabytes of `n_bytes` are done."""

    def __init__(self, n_bytes: int, say: Callable[[str], None]) -> None:
        self._n_bytes = n_bytes
        self._say = say
        self._n_done = 0
        self._said_at = time.monotonic()

    def take(self, n_bytes: int) -> None:
        """So many bytes more are done."""
        self._n_done += n_bytes
        if time.monotonic() - self._said_at > _SECONDS_BETWEEN_LINES:
            self._said_at = time.monotonic()
            self._say(f"  {self._n_done / 1e6:,.0f} of {self._n_bytes / 1e6:,.0f} MB")

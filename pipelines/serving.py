"""Dagster's web page and daemon for the people of one machine."""

import os
import signal
import subprocess
import sys
import time
from types import FrameType

from pipelines.errors import InstallationError
from pipelines.settings import Settings

_MODULE = ("-m", "pipelines.definitions")
_SECONDS_TO_END = 30


def serve(settings: Settings, port: int) -> None:
    """Run Dagster's web page (on loopback) and daemon until interrupted or terminated; both end with this process.

    Raises InstallationError when one of them ends by itself.
    """
    commands = {
        "web page": [sys.executable, "-m", "dagster_webserver", *_MODULE, "-h", "127.0.0.1", "-p", str(port)],
        "daemon": [sys.executable, "-m", "dagster._daemon", "run", *_MODULE],
    }
    signal.signal(signal.SIGTERM, _interrupt)
    running = {
        name: subprocess.Popen(command, cwd=settings.home, env=dict(os.environ), start_new_session=True)
        for name, command in commands.items()
    }
    try:
        while all(process.poll() is None for process in running.values()):
            time.sleep(0.5)
    except KeyboardInterrupt:
        return
    finally:
        _end(list(running.values()))
    ended = ", ".join(f"{name} (code {process.returncode})" for name, process in running.items())
    raise InstallationError(f"Dagster ended by itself: {ended}. Is port {port} taken? Try --port")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(processes: list["subprocess.Popen[bytes]"]) -> None:
    """End each process and what it started, in its own group; those that do not listen are killed."""
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
    until = time.monotonic() + _SECONDS_TO_END
    for process in processes:
        try:
            process.wait(timeout=max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

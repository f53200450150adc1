"""Dagster's web page and daemon for the people of one machine."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from types import FrameType

from pipelines.errors import InstallationError
from pipelines.page import PageOptions
from pipelines.settings import Settings

_WORKSPACE = """load_from:
  - python_module:
      module_name: pipelines.definitions
      location_name: stepcare
"""
_SECONDS_TO_END = 30


def serve(settings: Settings, options: PageOptions) -> None:
    """Run Dagster's web page behind its guard, and the daemon, until interrupted or terminated; both end with this process.

    A page for reading comes without the daemon, so that it starts nothing and can run beside an operator's page.
    Raises InstallationError when one of them ends by itself.
    """
    from pipelines.instance import open_instance

    workspace = settings.dagster_home / "workspace.yaml"
    workspace.write_text(_WORKSPACE, encoding="utf-8")
    with open_instance():
        pass  # the storage is there before page, daemon and code servers would make it at once
    commands = {"web page": options.command()}
    if not options.is_read_only:
        commands["daemon"] = [sys.executable, "-m", "dagster._daemon", "run", "-w", str(workspace)]
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
    raise InstallationError(f"Dagster ended by itself: {ended}. Is port {options.port} taken? Try --port")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(processes: list["subprocess.Popen[bytes]"]) -> None:
    """End each process, which ends what it started; what is left of its group after that is killed."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + _SECONDS_TO_END
    for process in processes:
        try:
            process.wait(timeout=max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

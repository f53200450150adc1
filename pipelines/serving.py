"""Dagster's web page and daemon for the people of one machine."""

import os
import signal
import subprocess
import sys

from pipelines.errors import InstallationError
from pipelines.provenance import ROOT


def serve(port: int) -> None:
    """Run `dagster dev` on loopback until it is interrupted; raises InstallationError when it ends by itself with an error."""
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-m",
        "pipelines.definitions",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True
    ) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            return
    if code:
        raise InstallationError(f"Dagster's web page ended with code {code}; is port {port} taken? Try --port")

"""Dagster's page in a process of its own, behind the guard: no port of the machine answers without it."""

import ipaddress
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from pipelines.errors import UsageError

SHORTEST_PASSWORD = 16
_SECONDS_TO_END = 5


@dataclass(frozen=True)
class PageOptions:
    """Where the page is served, under which names, to whom. `password_file` is a path, empty for none."""

    port: int
    host: str = "127.0.0.1"
    host_names: tuple[str, ...] = ()
    password_file: str = ""
    is_read_only: bool = False

    def checked(self) -> "PageOptions":
        """Itself; raises UsageError when it is served beyond this machine without a password, or the password is not usable."""
        beyond = [
            *(() if _is_loopback(self.host) else (f"--host {self.host}",)),
            *map("--host-name {}".format, self.host_names),
        ]
        if beyond and not self.password_file:
            raise UsageError(
                f"{beyond[0]} opens the page to others, and no password was given. Add --password-file, and put a "
                "proxy that speaks TLS before the page (docs/operators.md)"
            )
        self.password()
        return self

    def password(self) -> str | None:
        """The password, or None without a file. Raises UsageError when others could read the file or guess what it says."""
        if not self.password_file:
            return None
        path = Path(self.password_file)
        if not path.is_file():
            raise UsageError(f"--password-file {path} is no file. Write a password of your own into it, then chmod 600")
        if path.stat().st_mode & 0o077:
            raise UsageError(f"{path} can be read by others. chmod 600 {path}")
        password = path.read_text(encoding="utf-8").strip()
        if len(password) < SHORTEST_PASSWORD:
            raise UsageError(
                f"the password in {path} is shorter than {SHORTEST_PASSWORD} characters. Write a longer one"
            )
        return password

    def hosts(self) -> frozenset[str]:
        """The values of a Host header that are answered: this machine's own with the port, and the names added, as they are."""
        own = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        return frozenset(own | {name.lower() for name in self.host_names})

    def command(self) -> list[str]:
        """The command that serves the page with these options."""
        return [sys.executable, "-m", "pipelines.page", json.dumps(asdict(self))]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def main(said: str) -> None:
    """Serve Dagster's page of DAGSTER_HOME behind the guard until terminated."""
    import uvicorn
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster_webserver.version import __version__
    from dagster_webserver.webserver import DagsterWebserver

    from pipelines.guard import Guard
    from pipelines.instance import open_instance

    options = PageOptions(**json.loads(said)).checked()
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _interrupt)
    workspace = str(Path(os.environ["DAGSTER_HOME"]) / "workspace.yaml")
    with (
        open_instance() as instance,
        WorkspaceProcessContext(
            instance, WorkspaceFileTarget([workspace]), version=__version__, read_only=options.is_read_only
        ) as context,
    ):
        instance.optimize_for_webserver(statement_timeout=15_000, pool_recycle=3600, max_overflow=20)
        page = DagsterWebserver(context, live_data_poll_rate=2000).create_asgi_app()
        uvicorn.run(
            Guard(page, options.hosts(), options.is_read_only, options.password()),
            host=options.host,
            port=options.port,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_SECONDS_TO_END,
        )


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(sys.argv[1])

"""`stepcare ui`: Dagster's page behind the guard, and the daemon."""

from pathlib import Path

import click

from pipelines.page import PageOptions
from pipelines.settings import Settings


@click.command()
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1024, 65535), help="Port of the page.")
@click.option("--read-only", is_flag=True, help="For managers: nothing can be started, changed or removed; no daemon.")
@click.option("--password-file", type=click.Path(path_type=Path), help="File (mode 0600) with the password to ask for.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; others need a password.")
@click.option("--host-name", multiple=True, help="Name under which a proxy serves the page, with its port if not 443.")
def ui(port: int, read_only: bool, password_file: Path | None, host: str, host_name: tuple[str, ...]) -> None:
    """Start Dagster's web page and daemon (schedules, sensor), reachable from this machine only.

    \b
    Examples:
      stepcare ui --port 3001
      stepcare ui --read-only --port 3002 --password-file managers.password
    """
    password = str(password_file.absolute()) if password_file else ""
    options = PageOptions(port, host, host_name, password, read_only).checked()
    from pipelines.night import prepare_dagster
    from pipelines.serving import serve

    settings = Settings.from_environment()
    prepare_dagster(settings)
    click.echo(f"http://{host}:{port}   (Ctrl-C ends it{'; for reading only' if read_only else ''})")
    serve(settings, options)

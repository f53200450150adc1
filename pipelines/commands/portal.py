"""`stepcare portal`: the filed reports as a page for readers, links to it, and the log of who read what."""

import click

from pipelines.settings import Settings


@click.group()
def portal() -> None:
    """The filed reports as pages for their readers (docs/operators.md).

    \b
    Examples:
      stepcare portal serve
      stepcare portal link C001 --days 14
      stepcare portal verify
    """


@portal.command()
@click.option("--port", default=3100, show_default=True, type=click.IntRange(1024, 65535), help="Port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--host-name", multiple=True, help="Name under which a proxy serves it, with its port if not 443.")
def serve(port: int, host: str, host_name: tuple[str, ...]) -> None:
    """Serve the filed reports until interrupted: to readers whom a sign-on proxy names, and by signed links.

    Put a proxy that speaks TLS before it. It reads the shelves and stepcare.toml and writes the log of readings, nothing else.
    """
    import uvicorn

    from pipelines.errors import UsageError
    from pipelines.page import PageOptions
    from pipelines.portal.application import Portal
    from pipelines.portal.links import read_key
    from pipelines.portal.settings import read_sign_on

    settings = Settings.from_environment()
    sign_on, key = read_sign_on(settings.home), read_key(settings.home)
    if sign_on is None and key is None:
        raise UsageError(
            "nobody could read anything: set sign_on_header and proxy_secret_file in [portal] of stepcare.toml, or make a "
            "link (stepcare portal link)"
        )
    hosts = PageOptions(port, host, host_name).hosts()
    click.echo(f"http://{host}:{port}   (Ctrl-C ends it)")
    uvicorn.run(
        Portal(settings, hosts, sign_on, key),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )


@portal.command()
@click.argument("clinic")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366), help="How long it opens.")
@click.option("--address", default="http://127.0.0.1:3100", show_default=True, help="Where the portal is served.")
def link(clinic: str, days: int, address: str) -> None:
    """Make a link to the reports of CLINIC (or network). Whoever has it reads them until it expires.

    All links end when the file portal.key is removed from the home.
    """
    from datetime import UTC, datetime, timedelta

    from pipelines.errors import UsageError
    from pipelines.portal.links import make_token, read_key
    from pipelines.reporting.shelf_names import shelf_of

    settings = Settings.from_environment()
    shelf = shelf_of(clinic)
    if not (settings.reports / shelf).is_dir():
        raise UsageError(f"no report is filed for {clinic!r}. The shelves are the folders of {settings.reports}")
    key = read_key(settings.home, makes=True)
    expires_at = datetime.now(UTC) + timedelta(days=days)
    token = make_token(key or b"", shelf, expires_at)
    click.echo(f"{address.rstrip('/')}/link/{token}/{shelf}/index.html")
    click.echo(f"Until {expires_at:%d %B %Y %H:%M} UTC, for whoever has it.", err=True)


@portal.command()
@click.option("--noted", nargs=2, type=(click.IntRange(1), str), help="A number and a hash that were noted earlier.")
def verify(noted: tuple[int, str] | None) -> None:
    """Verify the log of readings: that no line was changed, taken out or put between.

    Prints how many lines there are and the hash of the last. Note both elsewhere: with --noted NUMBER HASH a later run tells
    whether the log still begins with what there was.

    \b
    Exit codes: 0 it is whole; 9 it is not, or there is none.
    """
    from pipelines.errors import InstallationError
    from pipelines.portal.reading_log import LOG, has_line
    from pipelines.portal.reading_log import verify as verify_log

    settings = Settings.from_environment()
    found = verify_log(settings.home)
    if found.first_wrong is not None:
        raise InstallationError(
            f"{settings.home / LOG} was changed: line {found.first_wrong} does not follow from those before it"
        )
    if noted and not has_line(settings.home, *noted):
        raise InstallationError(
            f"{settings.home / LOG} does not hold what was noted as line {noted[0]}: it was written anew or cut"
        )
    click.echo(f"{found.n_lines} {found.head}")

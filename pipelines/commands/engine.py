"""`stepcare engine`: start a cluster on this machine, look whether the one that is set answers, prove that nights are the same."""

import tempfile
from pathlib import Path

import click

from pipelines.errors import ChecksFailed, UsageError
from pipelines.settings import Settings

_CLUSTERS = click.Choice(["dask", "spark"])


@click.group()
def engine() -> None:
    """The engine that a night's work is spread over (docs/engines.md). Without any, a night needs none of this."""


@engine.command()
@click.argument("kind", type=_CLUSTERS)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 256), help="Workers of one core each.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The scheduler's port (default: a free one).")
def start(kind: str, workers: int, port: int) -> None:
    """Start a cluster of real processes on this machine, bound to loopback, until Ctrl-C.

    \b
    Example:
      stepcare engine start dask --workers 2
    """
    import signal

    from pipelines.engine.clusters import local_cluster

    settings = Settings.from_environment()
    with local_cluster(kind, workers, settings.home / "engine-cluster", port) as cluster:
        click.echo(
            f"A {kind} cluster of {workers} workers runs until Ctrl-C. Write into {settings.home / 'stepcare.toml'}:\n"
        )
        click.echo(f'[engine]\nengine = "{kind}"\nengine_address = "{cluster.address}"')
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            cluster.scheduler.wait()
        except KeyboardInterrupt:
            click.echo("\nThe cluster has ended.")
        else:
            raise UsageError(f"the scheduler has ended; {settings.home / 'engine-cluster'} holds its log")


@engine.command()
def check() -> None:
    """Look whether the engine that is set can be reached, its environment is this one, and its store can be used from both.

    \b
    Example:
      stepcare engine check
    """
    from pipelines.engine import mapping
    from pipelines.engine.environment import environment_here, lock_hash
    from pipelines.engine.settings import read_engine
    from pipelines.engine.store import try_out

    said = read_engine(Settings.from_environment().home)
    with mapping.engine(said) as pmap:
        try_out(said.store)
        pmap(try_out, [said.store])
    click.echo(f"Engine       {said.engine} {said.engine_address}".rstrip())
    click.echo(f"Environment  {lock_hash(environment_here())[:12]}, the same there and here")
    click.echo(f"Store        {said.store}, written and read there and here")


@engine.command()
def clear() -> None:
    """Remove everything that the engine's store holds. The next night splits every delivery anew.

    Do it before the setting `store` is changed: what lies there holds patients' records.
    """
    from pipelines.engine.opening import clear_store

    settings = Settings.from_environment()
    clear_store(settings.home, is_everything=True)
    click.echo("The engine's store is empty.")


@engine.command()
@click.option(
    "--on", "engines", multiple=True, type=_CLUSTERS, default=("dask",), show_default=True, help="Which engines."
)
@click.option(
    "--inbox", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Deliveries to compare on."
)
@click.option("--episodes", default=1000, show_default=True, type=click.IntRange(1), help="Simulated, without --inbox.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where the nights are made, and stay.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(2, 256))
@click.option("--buckets", default=0, type=click.IntRange(0), help="As in [engine].")
@click.option(
    "--store", default="", help="A folder or URL for stores of these nights, emptied afterwards (default: in --folder)."
)
@click.option("--tables", is_flag=True, help="Only as far as the checks, without estimates and reports.")
@click.option("--kill-worker", is_flag=True, help="Kill a worker with -9 in the middle of each night.")
def parity(
    engines: tuple[str, ...],
    inbox: Path | None,
    episodes: int,
    folder: Path | None,
    workers: int,
    buckets: int,
    store: str,
    tables: bool,
    kill_worker: bool,
) -> None:
    """Make the same night here and on clusters started for it, and compare every table and estimate row by row.

    \b
    Examples:
      stepcare engine parity --on dask --on spark
      stepcare engine parity --inbox /data/deliveries --folder /data/parity --kill-worker
      stepcare engine parity --episodes 60 --buckets 2 --store s3://bucket/stepcare
    """
    from pipelines.engine.proving import Proving, report_lines
    from pipelines.engine.store import Store, try_out

    if store and Store(store).is_remote:
        try_out(store)
    with tempfile.TemporaryDirectory(prefix="stepcare-parity-") as temporary:
        place = (folder or Path(temporary)).absolute()
        if inbox is None:
            from pipelines.synthetic import simulate

            inbox = place / "inbox"
            simulate(inbox, episodes=episodes, clinics=6, world="uniform", seed=1, dirt=0.01)
        proving = Proving(
            place, inbox.absolute(), workers, buckets, is_whole=not tables, is_killing=kill_worker, store=store
        )
        here = proving.night("local", click.echo)
        proofs = [proving.prove(name, here, click.echo) for name in engines]
    for line in report_lines(proofs):
        click.echo(line)
    if not all(proof.is_same for proof in proofs):
        raise ChecksFailed("the nights are not the same; what differs stands above")
    click.echo("The nights are the same.")

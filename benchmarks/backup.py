"""Backup and restore: MB/s and CPU beside plain tar on the same files in the same run, and the time to a night from a backup.

    python benchmarks/backup.py 6000            # backup and restore beside tar
    python benchmarks/backup.py 12500 --night   # and the night made again from it: 12,500 episodes have 100,000 sessions

The peer is Python's tarfile, uncompressed and unencrypted, synced to the disk as the backup is. A backup also verifies every
file against its manifest, a restore verifies every file twice. Every measure is the best of three.
"""

import argparse
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.backups.keys import write_new_identity
from pipelines.backups.making import make_backup
from pipelines.backups.restoring import restore_backup
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.rebuilding import rebuild_from_store
from pipelines.settings import Settings
from pipelines.synthetic import simulate

REPEATS = 3
CLINICS_PER_EPISODE = 1 / 500
SCRATCH = tempfile.gettempdir()


def _megabytes_of(name: str) -> float:
    """A line of the kernel's account of this process: VmRSS (now) or VmHWM (most so far)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _grown(action: Callable[[], object]) -> float:
    """By how many megabytes the process grew at most while the action ran (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _megabytes_of("VmRSS")
    action()
    return _megabytes_of("VmHWM") - before


def _best(action: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of the quickest of three."""
    measured = []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        measured.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(measured)


def _tar(settings: Settings, to: Path) -> None:
    with to.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            tar.add(settings.store, "store")
            tar.add(settings.ledger, "ledger.sqlite")
        os.fsync(file.fileno())


def _untar(file: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    with tarfile.open(file) as tar:
        tar.extractall(to, filter="data")
    os.sync()


def _restore(file: Path, identity: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    restore_backup(file, identity, to, lambda _: None)


def _installation(folder: Path, episodes: int) -> tuple[Settings, Path, float]:
    settings = Settings(home=folder / "home", inbox=folder / "inbox")
    clinics = max(2, round(episodes * CLINICS_PER_EPISODE))
    simulate(settings.inbox, episodes=episodes, clinics=clinics, world="uniform", seed=1)
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger:
        receive(settings.inbox, settings.store, ledger)
    identity = folder / "key"
    recipient = write_new_identity(identity)
    (folder / "to").mkdir()
    said = f'[backup]\nto = "{folder / "to"}"\nrecipient = "{recipient}"\nkeep = 1\n'
    (settings.home / "stepcare.toml").write_text(said, encoding="utf-8")
    megabytes = sum(path.stat().st_size for path in settings.store.rglob("*") if path.is_file()) / 1e6
    return settings, identity, megabytes


def measure(episodes: int, *, with_night: bool) -> None:
    """Print the table of one size."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as name:
        folder = Path(name)
        settings, identity, megabytes = _installation(folder, episodes)
        plain, restored = folder / "plain.tar", folder / "restored"
        rows = [("tar", _best(lambda: _tar(settings, plain)))]
        rows.append(("backup make", _best(lambda: make_backup(settings, lambda _: None))))
        rows.append(("untar", _best(lambda: _untar(plain, folder / "untarred"))))
        (backup,) = (folder / "to").glob("*.age")
        rows.append(("backup restore", _best(lambda: _restore(backup, identity, restored))))
        grown = [_grown(lambda: make_backup(settings, lambda _: None))]
        (backup,) = (folder / "to").glob("*.age")
        grown.append(_grown(lambda: _restore(backup, identity, restored)))
        print(
            f"\n{episodes:,} episodes, {megabytes:,.0f} MB in the store, backup {backup.stat().st_size / 1e6:,.0f} MB"
        )
        print(f"{'':<16}{'wall s':>9}{'CPU s':>9}{'MB/s':>9}{'CPU / tar':>11}")
        for number, (what, (wall, cpu)) in enumerate(rows):
            peer = rows[number - number % 2][1][1]
            print(f"{what:<16}{wall:>9.2f}{cpu:>9.2f}{megabytes / wall:>9.0f}{cpu / peer:>11.1f}")
        print(f"memory grew by {grown[0]:.0f} MB making it, by {grown[1]:.0f} MB restoring it")
        if with_night:
            home = Settings(home=restored, inbox=folder / "none")
            wall, cpu = time.perf_counter(), time.process_time()
            rebuild_from_store(home, lambda _: None)
            print(f"night from it: {time.perf_counter() - wall:.0f} s wall, {time.process_time() - cpu:.0f} s CPU")


def main() -> None:
    """Read the sizes and measure each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("episodes", nargs="*", type=int, default=[6000])
    parser.add_argument("--night", action="store_true")
    arguments = parser.parse_args()
    os.umask(0o077)
    for episodes in arguments.episodes:
        measure(episodes, with_night=arguments.night)


if __name__ == "__main__":
    main()

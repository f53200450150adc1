"""Into an inbox, a whole delivery or none: files written aside, the manifest last, one rename."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipelines.checksums import sha256_of
from pipelines.contracts import SCHEMA_VERSION
from pipelines.deliveries.store import sync


@contextmanager
def written_aside(inbox: Path, clinic_code: str, delivery_id: str) -> Iterator[Path]:
    """A folder to write the delivery `inbox/clinic_code/delivery_id` in, removed on the way out unless it was handed over."""
    aside = inbox / clinic_code / f".{delivery_id}.writing"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_manifest(
    aside: Path, clinic_code: str, delivery_id: str, mode: str, n_rows: Mapping[str, int], *, is_simulated: bool
) -> None:
    """Write `manifest.json` beside the files named in `n_rows` (file name to data rows)."""
    files = {name: {"rows": rows, "sha256": sha256_of(aside / name)} for name, rows in n_rows.items()}
    manifest: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "clinic_code": clinic_code,
        "delivery_id": delivery_id,
        "mode": mode,
        "files": files,
    }
    if is_simulated:
        manifest["simulated"] = True
    (aside / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def hand_over(aside: Path, folder: Path) -> None:
    """Sync what lies in `aside` to the disk and rename it to `folder`, which must not be there."""
    for path in sorted(aside.iterdir()):
        sync(path)
    sync(aside)
    aside.rename(folder)
    sync(folder.parent)

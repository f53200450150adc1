"""Reading a delivery back as the text that was delivered, for the tests of the adapters."""

import hashlib
import json
import re
from pathlib import Path

import pandas as pd

from pipelines.contracts import FEEDS, MANDATORY_FEEDS

IDENTIFIER_COLUMN = re.compile(
    r"name|dob|birth|address|postcode|zip|phone|email|serial|mrn|ssn|insurer|^id$|patient_id|software|manufacturer",
    re.IGNORECASE,
)


def feed_text(folder: Path, feed: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{feed}.csv", dtype=str, keep_default_na=False)


def assert_manifest_holds(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["clinic_code"], manifest["delivery_id"]) == (folder.parent.name, folder.name)
    assert manifest["mode"] == "snapshot"
    assert set(manifest["files"]) == {path.name for path in folder.glob("*.csv")}
    assert {f"{feed}.csv" for feed in MANDATORY_FEEDS} <= set(manifest["files"])
    for name, said in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == said["sha256"]
        assert len(feed_text(folder, Path(name).stem)) == said["rows"]


def assert_only_contract_columns_cross(folder: Path) -> None:
    for path in folder.glob("*.csv"):
        columns = tuple(feed_text(folder, path.stem).columns)
        assert columns == FEEDS[path.stem].columns
        assert not [name for name in columns if IDENTIFIER_COLUMN.search(name)]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

"""Whether a kept delivery is bit for bit what was kept: its manifest is sealed with its own hash and holds that of every file."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.checksums import is_as_written
from pipelines.deliveries.manifest import MANIFEST, read_manifest
from pipelines.errors import DeliveryError

_SEAL = "sealed_sha256"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def sealed(said: Mapping[str, Any]) -> str:
    """The text of a kept manifest that says `said`, with the SHA-256 of it in it: a flipped bit anywhere shows."""
    content = {key: value for key, value in said.items() if key != _SEAL}
    digest = hashlib.sha256(json.dumps(content, indent=2).encode()).hexdigest()
    return json.dumps(content | {_SEAL: digest}, indent=2) + "\n"


def _is_sealed_right(content: bytes) -> bool:
    """A manifest that was kept before there were seals has no hash at its top level, and is taken as it is."""
    said = json.loads(content)
    has_seal = any(isinstance(value, str) and _SHA256.fullmatch(value) for value in said.values()) or _SEAL in said
    return not has_seal or content == sealed(said).encode()


def kept_sums(folder: Path) -> dict[str, str]:
    """The SHA-256 that each file of the delivery kept at `folder` must have, its manifest included.

    Raises DeliveryError when the manifest is not what was written.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
        is_right = _is_sealed_right(content)
        manifest = read_manifest(folder, is_in_store=True)
    except (ValueError, AttributeError, OSError):
        raise DeliveryError(f"{MANIFEST} cannot be read as it was kept") from None
    if not is_right or manifest.delivery_key != folder.name:
        raise DeliveryError(f"{MANIFEST} is not what was kept")
    digest = hashlib.sha256(content).hexdigest()
    return {MANIFEST: digest} | {file.name: file.sha256 for file in manifest.usable_files}


def spoilt_in_delivery(folder: Path) -> list[str]:
    """The files of the delivery kept at `folder` that are missing, unreadable or not what was kept; empty when it is whole."""
    try:
        sums = kept_sums(folder)
    except DeliveryError:
        return [MANIFEST]
    return sorted(name for name, digest in sums.items() if not is_as_written(folder / name, digest))

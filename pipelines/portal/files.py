"""Which file of a shelf an address means, and its bytes: nothing but what is filed, and only when it is what was filed."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.reporting.editions import MANIFEST

_EDITION = re.compile(r"(\d{4}-(?:W\d{2}|\d{2}))/(v[1-9]\d{0,3})/((?:methods/)?[a-z0-9][a-z0-9._-]{0,60})")
_INDEX = ("index.html", "latest/index.html")
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
}
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]{1,2000})">')
STRICT = "default-src 'none'; base-uri 'none'; form-action 'none'"
SHELF = re.compile(r"[A-Za-z0-9_-]{1,90}")


@dataclass(frozen=True)
class Filed:
    """A file to be shown: its bytes, its kind, and the page's own content policy (a strict one for what is no page)."""

    content: bytes
    kind: str
    policy: str


def find_file(shelves: Path, shelf: str, name: str) -> Filed | None:
    """The file called `name` on a shelf, or None: not there, not filed, or not what was filed."""
    place = shelves / shelf
    if not SHELF.fullmatch(shelf) or place.is_symlink():
        return None
    if name in _INDEX:
        content = _read(place / name)
    elif found := _EDITION.fullmatch(name):
        content = _read_filed(place / found[1] / found[2], found[3])
    else:
        return None
    kind = _KINDS.get(Path(name).suffix)
    if content is None or kind is None:
        return None
    return Filed(content, kind, _policy(content) if kind.startswith("text/html") else STRICT)


def _read_filed(edition: Path, file: str) -> bytes | None:
    manifest, content = _read(edition / MANIFEST), _read(edition / file)
    if manifest is None or content is None:
        return None
    if file == MANIFEST:
        return content
    listed = json.loads(manifest)["files"].get(file)
    return content if listed == hashlib.sha256(content).hexdigest() else None


def _read(path: Path) -> bytes | None:
    try:
        return None if path.is_symlink() else path.read_bytes()
    except OSError:
        return None


def _policy(page: bytes) -> str:
    found = _POLICY.search(page[:4000].decode("utf-8", "replace"))
    return found[1] if found else STRICT

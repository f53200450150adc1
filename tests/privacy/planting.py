"""An inbox in which every field, header, name and manifest holds something that may be seen nowhere else.

Values are plain words that nobody could mistake ('zq70042canary'): they break the contract of every field but a key's, are kept
as records in `raw.*`, and may stand in no log, ledger, message, check or report. Identifiers are invented people's: they may
be kept nowhere at all.
"""

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pipelines.contracts import FEEDS
from pipelines.deliveries.outgoing import write_delivery
from pipelines.synthetic import simulate
from tests.privacy import people

Tables = dict[str, pd.DataFrame]
SMALL_CLINICS_PRACTITIONER = "zq7practitionercanary"
KEY_PREFIX = "zq7key-"

_KINDS: tuple[Callable[[random.Random], str], ...] = (
    people.name,
    people.e_mail,
    lambda rng: f"07{rng.randrange(10**8, 10**9)}",
    people.british_telephone,
    people.postcode,
    people.nhs_number,
    lambda rng: f"{rng.randrange(1926, 2000)}-{rng.randrange(1, 13):02}-{rng.randrange(10, 29)}",
    lambda rng: f"MRN {rng.randrange(10**6, 10**7)}",
)
_KEY_KINDS: tuple[Callable[[random.Random], str], ...] = (
    people.name_in_a_key,
    lambda rng: f"07{rng.randrange(10**8, 10**9)}",
    lambda rng: people.nhs_number(rng).replace(" ", "-"),
    lambda rng: f"{rng.randrange(1926, 2000)}-{rng.randrange(1, 13):02}-{rng.randrange(10, 29)}",
    lambda rng: f"MRN-{rng.randrange(10**6, 10**7)}",
    people.national_insurance_number,
)


@dataclass
class Plants:
    """What was planted: values by (feed, field), what may be kept nowhere (with the place it was put), and identifiers."""

    values: dict[tuple[str, str], str] = field(default_factory=dict)
    unlisted: dict[str, str] = field(default_factory=dict)
    identifiers: dict[str, str] = field(default_factory=dict)


class Planter:
    """Writes deliveries into an inbox and notes what it hid in them."""

    def __init__(self, inbox: Path, scratch: Path, seed: int = 20261101) -> None:
        self.inbox = inbox
        self.plants = Plants()
        self._rng = random.Random(seed)
        simulate(scratch / "simulated", episodes=150, clinics=10, world="uniform", seed=9)
        self._simulated = scratch / "simulated"

    def tables(self, clinic_code: str) -> Tables:
        """The simulated snapshot of a clinic, as text."""
        folder = next(path for path in sorted((self._simulated / clinic_code).iterdir()))
        return {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(folder.glob("*.csv"))}

    def send(self, clinic_code: str, tables: Tables, delivery_id: str = "2026-11-01", file_format: str = "csv") -> Path:
        """Write the delivery; its files are as the manifest says."""
        return write_delivery(self.inbox, clinic_code, delivery_id, "snapshot", tables, file_format=file_format)

    def identifier(self, place: str, kinds: tuple[Callable[[random.Random], str], ...] = _KINDS) -> str:
        """An identifier that was not used before."""
        while (made := kinds[len(self.plants.identifiers) % len(kinds)](self._rng)) in self.plants.identifiers:
            pass
        self.plants.identifiers[made] = place
        return made

    def unlisted(self, place: str) -> str:
        """A word that may be kept nowhere, though it is no identifier."""
        made = f"zq7{len(self.plants.unlisted):04}unlisted"
        self.plants.unlisted[made] = place
        return made

    def plant_all(self) -> Plants:
        """Every kind of plant, a clinic a kind."""
        self._values_in_every_field("C001")
        self._unlisted_columns("C002")
        self._identifiers_in_broken_values("C003")
        self._identifiers_in_optional_feeds("C004")
        self._identifiers_in_keys("C005")
        self._identifiers_in_unlisted_columns("C006")
        self._identifiers_in_headers("C007")
        self._identifiers_in_names("C008")
        self._identifiers_in_manifests("C009")
        self._identifiers_in_unreadable_files("C010")
        self._small_clinic("C011")
        return self.plants

    def _values_in_every_field(self, clinic_code: str) -> None:
        tables = self.tables(clinic_code)
        for feed, table in tables.items():
            for number, name in enumerate(FEEDS[feed].columns):
                tables[feed].loc[number % len(table), name] = self.value(feed, name)
        self.send(clinic_code, tables)

    def _unlisted_columns(self, clinic_code: str) -> None:
        tables = self.tables(clinic_code)
        for feed, table in tables.items():
            table[self.unlisted(f"header of {feed}")] = self.unlisted(f"column of {feed}")
        self.send(clinic_code, tables, file_format="parquet")

    def _identifiers_in_broken_values(self, clinic_code: str) -> None:
        tables = self.tables(clinic_code)
        for feed in ("intake", "session", "session_component", "outcome"):
            fields = [one for one in FEEDS[feed].fields if one.type != "key"]
            for number, one in enumerate(fields[:: max(1, len(fields) // 10)]):
                tables[feed].loc[number % len(tables[feed]), one.name] = self.identifier(f"{feed}.{one.name}")
        self.send(clinic_code, tables)

    def _identifiers_in_optional_feeds(self, clinic_code: str) -> None:
        tables = self.tables(clinic_code)
        for feed in ("exam", "lab", "imaging", "imaging_level"):
            fields = [one for one in FEEDS[feed].fields if one.type != "key"]
            for number, one in enumerate(fields[:6]):
                tables[feed].loc[number % len(tables[feed]), one.name] = self.identifier(f"{feed}.{one.name}")
        self.send(clinic_code, tables)

    def _identifiers_in_keys(self, clinic_code: str) -> None:
        places = {
            "session_key": "session",
            "practitioner_key": "session",
            "episode_key": "outcome",
            "patient_key": "intake",
        }
        for name, feed in places.items():
            tables = self.tables(clinic_code)
            for row in range(6):
                tables[feed].loc[row, name] = self.identifier(f"{feed}.{name}", _KEY_KINDS)
            self.send(clinic_code, tables, f"keys-{name}")

    def _identifiers_in_unlisted_columns(self, clinic_code: str) -> None:
        tables = self.tables(clinic_code)
        notes = [
            f"seen {self.identifier('unlisted column')} today" if row < 20 else ""
            for row in range(len(tables["session"]))
        ]
        tables["session"]["notes"] = notes
        self.send(clinic_code, tables)

    def _identifiers_in_headers(self, clinic_code: str) -> None:
        for feed in ("intake", "outcome"):
            tables = self.tables(clinic_code)
            for _ in range(8):
                tables[feed][self.identifier(f"header of {feed}")] = "1"
            self.send(clinic_code, tables, f"headers-{feed}")

    def _identifiers_in_names(self, clinic_code: str) -> None:
        for _ in range(16):
            self.send(clinic_code, self.tables(clinic_code), self.identifier("delivery folder", _KEY_KINDS))
        for _ in range(8):
            self.send(clinic_code, self.tables(clinic_code), self.identifier("delivery folder").replace("/", "-"))
        folder = self.send(clinic_code, self.tables(clinic_code))
        for _ in range(8):
            name = self.identifier("file beside the feeds").replace("/", "-")
            (folder / f"{name}.csv").write_text(f"note\n{self.identifier('file beside the feeds')}\n", encoding="utf-8")

    def _identifiers_in_manifests(self, clinic_code: str) -> None:
        keys = ("note", "clinic_code", "delivery_id", "schema_version", "mode", "simulated", "files")
        for number, key in enumerate(keys):
            folder = self.send(clinic_code, self.tables(clinic_code), f"manifest-{number}")
            said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            identifier = self.identifier(f"manifest, {key}")
            if key == "files":
                said["files"][f"{identifier}.csv"] = {"rows": 1, "sha256": self.identifier("manifest, sha256")}
            else:
                said[key] = identifier
            (folder / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
        broken = self.send(clinic_code, self.tables(clinic_code), "manifest-broken")
        (broken / "manifest.json").write_text(
            f'{{"clinic_code": "{self.identifier("broken manifest")}', encoding="utf-8"
        )

    def _identifiers_in_unreadable_files(self, clinic_code: str) -> None:
        for number, spoil in enumerate(self._spoilt_files()):
            folder = self.send(clinic_code, self.tables(clinic_code), f"unreadable-{number}")
            path = folder / "session.csv"
            path.write_bytes(spoil(path.read_bytes()))
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            manifest["files"]["session.csv"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
            (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    def _spoilt_files(self) -> Iterator[Callable[[bytes], bytes]]:
        def said(place: str) -> bytes:
            return self.identifier(place).encode()

        yield lambda content: content + said("torn row") + b',"' + said("torn row")
        yield lambda content: content + said("row of too few fields") + b"\n"
        yield lambda content: content + b",".join([said("row of too many fields")] * 60) + b"\n"
        yield lambda content: content + said("line that is not UTF-8") + b"\xe9\xff\n"
        yield lambda content: said("file without a header") + b"," + said("file without a header") + b"\n" + content
        yield lambda content: content.replace(b"session_day", said("a column lost"), 1)
        yield lambda content: content.replace(b"session_no", b"session_day", 1) + said("a column twice") + b"\n"
        yield lambda content: b"PAR1" + said("garbage") + b"\x00" + said("garbage")

    def _small_clinic(self, clinic_code: str) -> None:
        """Keys that keep the contract, all canaries, and one practitioner."""
        tables = self.tables("C003")
        for table in tables.values():
            for name in ("episode_key", "session_key", "imaging_key"):
                if name in table:
                    table[name] = KEY_PREFIX + table[name].str[-16:]
        tables["intake"]["clinic_code"] = clinic_code
        tables["session"]["practitioner_key"] = SMALL_CLINICS_PRACTITIONER
        self.send(clinic_code, tables)

    def delivery_that_fails_its_checks(self, inbox: Path) -> None:
        """A delivery without any practitioner, alone in an inbox of its own: a rule of severity error is broken."""
        tables = self.tables("C002")
        tables["session"]["practitioner_key"] = ""
        tables["session"].loc[0, "nprs_post"] = self.value("session", "nprs_post, failing night")
        write_delivery(inbox, "C002", "2026-11-01", "snapshot", tables)

    def value(self, feed: str, name: str) -> str:
        """A word that breaks the contract, kept as a record and shown nowhere."""
        self.plants.values[feed, name] = f"zq7{len(self.plants.values):04}canary"
        return self.plants.values[feed, name]

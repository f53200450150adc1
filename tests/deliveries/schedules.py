"""Random histories of a clinic's deliveries, and what each must come to: an oracle of a few lines."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from tests.deliveries.clinics import Feeds, clinic_feeds, send

EVENTS = (
    "new", "new", "new", "again", "renamed", "corrected", "reverted", "withdrawn", "partial", "completed", "broken", "mended",
)  # fmt: skip
N_EPISODES = 4


@dataclass(frozen=True)
class Content:
    """What a delivery says: its mode and the score of each episode in it."""

    mode: str
    scores: tuple[tuple[int, int], ...]


def view(receipts: list[tuple[str, Content]]) -> dict[int, int]:
    """The score of every episode in force, of deliveries (name, content) in the order in which they were received.

    A content counts when it first comes under a name, of two contents under one name the later. Its place is the earliest name
    it has. A snapshot says everything, a delta adds and corrects.
    """
    named = {}
    for name, content in dict.fromkeys(receipts):
        named[name] = content
    current: dict[int, int] = {}
    for content in dict.fromkeys(named[name] for name in sorted(named)):
        current = dict(content.scores) if content.mode == "snapshot" else current | dict(content.scores)
    return current


@dataclass
class History:
    """One clinic's folder in an inbox, and what has been received of it."""

    clinic: str
    rng: random.Random
    lying: dict[str, Content] = field(default_factory=dict)
    partial: dict[str, Content] = field(default_factory=dict)
    broken: dict[str, Content] = field(default_factory=dict)
    receipts: list[tuple[str, Content]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def happen(self, inbox: Path) -> None:
        """Let one event happen in the inbox; one that cannot becomes a new delivery, under any name."""
        event = self.rng.choice(EVENTS)
        name = self._free_name()
        content = self._any_content()
        if event in ("again", "renamed", "corrected", "reverted") and self.lying:
            old = self.rng.choice(sorted(self.lying))
            if event == "reverted":
                earlier = [said for received, said in self.receipts if received == old]
                name, content = old, self.rng.choice(earlier or [content])
            else:
                name = name if event == "renamed" else old
                content = content if event == "corrected" else self.lying[old]
        elif event == "withdrawn" and (left := view(self.receipts)):
            content = Content("snapshot", tuple(sorted(left.items()))[: len(left) // 2])
        elif event in ("completed", "mended") and (waiting := self.partial if event == "completed" else self.broken):
            name = self.rng.choice(sorted(waiting))
            content = waiting.pop(name)
        self.events.append(f"{event} {name}")
        folder = put_content(inbox, self.clinic, name, content)
        if event == "partial":
            (folder / "manifest.json").unlink()
            self.partial[name] = content
        elif event == "broken":
            (folder / "intake.csv").write_bytes((folder / "intake.csv").read_bytes()[:-3])
            self.broken[name] = content
        else:
            self.lying[name] = content

    def received(self) -> None:
        """A night took in all that lies there whole."""
        self.receipts += sorted(self.lying.items())

    def _free_name(self) -> str:
        taken = {*self.lying, *self.partial, *self.broken}
        return self.rng.choice([name for number in range(100) if (name := f"d{number:02d}") not in taken])

    def _any_content(self) -> Content:
        episodes = self.rng.sample(range(N_EPISODES), self.rng.randint(0, N_EPISODES))
        mode = self.rng.choice(("snapshot", "delta", "delta"))
        return Content(mode, tuple((episode, self.rng.randint(0, 24)) for episode in sorted(episodes)))

    def in_another_order(self, rng: random.Random) -> list[list[tuple[str, Content]]]:
        """The same receipts over as many nights, in another order but for those under one name."""
        n_nights = max([list(dict.fromkeys(self.receipts)).index(one) for one in self.receipts], default=0) + 1
        nights: list[list[tuple[str, Content]]] = [[] for _ in range(n_nights)]
        for name in {name for name, _ in self.receipts}:
            contents = [content for other, content in dict.fromkeys(self.receipts) if other == name]
            for night, content in zip(sorted(rng.sample(range(n_nights), len(contents))), contents, strict=True):
                nights[night].append((name, content))
        return nights


def put_content(inbox: Path, clinic: str, name: str, content: Content) -> Path:
    """Write the delivery that says this, whatever lay there before."""
    whole = clinic_feeds(clinic, N_EPISODES)
    feeds: Feeds = {feed: [] for feed in ("intake", "session", "session_component", "outcome")}
    for episode, score in content.scores:
        feeds["intake"].append(whole["intake"][episode] | {"rmdq24": str(score)})
        feeds["session"].append(whole["session"][episode] | {"nprs_pre": str(score % 11)})
    return send(inbox, clinic, name, feeds, content.mode)

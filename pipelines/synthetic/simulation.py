"""One simulated group of clinics from a seed: patients, care, records, deliveries, and the truth beside them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import FEEDS
from pipelines.deliveries.outgoing import write_delivery
from pipelines.errors import UsageError
from pipelines.synthetic.choices import INDEX_ARMS
from pipelines.synthetic.coding import Array, Columns, stream
from pipelines.synthetic.component_records import adverse_event_columns, component_columns
from pipelines.synthetic.corrections import Correction, correct
from pipelines.synthetic.dirt import soil
from pipelines.synthetic.examination_records import exam_columns, lab_columns
from pipelines.synthetic.imaging_records import imaging_tables
from pipelines.synthetic.intake_records import intake_columns
from pipelines.synthetic.outcome_records import outcome_columns
from pipelines.synthetic.population import Population, draw_population, factual_scores
from pipelines.synthetic.screening import EXAM_FEED_MISSING_EVERY
from pipelines.synthetic.session_records import session_columns, session_rows
from pipelines.synthetic.truth import DECISION_STRATEGIES, PotentialOutcomes, Truth, true_effects, write_truth
from pipelines.synthetic.worlds import world_named

SNAPSHOT_ID, DELTA_ID = "2026-11-01", "2026-11-08"
DELTA_FROM_EPISODES = 51
FORMATS = ("csv", "parquet")
MOST_DIRT = 0.5

Progress = Callable[[str], None]


def truth_folder(inbox: Path) -> Path:
    """Where the truth of an inbox is written: `<inbox>.truth`, beside it."""
    return inbox.with_name(f"{inbox.name}.truth")


def simulate(
    inbox: Path,
    *,
    episodes: int,
    clinics: int,
    world: str,
    seed: int,
    dirt: float = 0.0,
    file_format: str = "csv",
    on_progress: Progress | None = None,
) -> Truth:
    """Write the deliveries of a simulated group to `inbox` and what is true of it to `<inbox>.truth`; return the truth.

    A snapshot a clinic, and for those of more than 50 episodes a later delta with a few corrections.  `dirt` is the
    share of rows soiled.  The same arguments give the same bytes.  `on_progress` gets a sentence at each step.
    Raises UsageError for an unknown world, format or size that makes no sense.
    """
    chosen = world_named(world)
    _check_sizes(episodes, clinics, seed, dirt, file_format)
    say = on_progress or (lambda _: None)
    inbox = Path(inbox)
    say(f"Simulating {episodes} episodes of the world {chosen.name}")
    group = draw_population(episodes, clinics, chosen, seed)
    say("Turning them into the nine feeds")
    tables, sessions = feed_tables(group)
    say("Writing the deliveries")
    tables, corrections = correct(tables, stream(seed, "corrections"))
    counts, corrected = _deliver(inbox, group, tables, corrections, dirt=dirt, file_format=file_format)
    truth = _truth(group, sessions, corrected, counts)
    write_truth(
        truth_folder(inbox),
        truth,
        group.outcomes,
        group.keys,
        index_arm=group.index_arm,
        added=group.visits.adds_manipulation,
    )
    say(f"Wrote {inbox} and, beside it, {truth_folder(inbox)}")
    return truth


def _check_sizes(episodes: int, clinics: int, seed: int, dirt: float, file_format: str) -> None:
    if clinics < 1:
        raise UsageError(f"There must be at least one clinic; {clinics} were asked for.")
    if episodes < clinics:
        raise UsageError(
            f"There must be at least one episode a clinic; {episodes} were asked for in {clinics} clinics."
        )
    if seed < 0:
        raise UsageError(f"The seed must be 0 or more; it was {seed}.")
    if not 0.0 <= dirt <= MOST_DIRT:
        raise UsageError(f"The share of soiled rows must lie between 0 and {MOST_DIRT}; it was {dirt}.")
    if file_format not in FORMATS:
        raise UsageError(f"Files can be written as {' or '.join(FORMATS)}, not as {file_format!r}.")


def feed_tables(group: Population) -> tuple[dict[str, pa.Table], int]:
    """The nine feeds of the whole group as tables of text, rows in order of clinic; and the number of bookings."""
    rows = session_rows(group)
    sessions, has_event = session_columns(rows, group)
    imaging, levels = imaging_tables(group)
    columns: dict[str, Columns] = {
        "intake": intake_columns(group),
        "exam": exam_columns(group),
        "lab": lab_columns(group),
        "imaging": imaging,
        "imaging_level": levels,
        "session": sessions,
        "session_component": component_columns(rows, group),
        "adverse_event": adverse_event_columns(rows, has_event, group),
        "outcome": outcome_columns(group, factual_scores(group)),
    }
    tables = {name: pa.table({field: columns[name][field] for field in FEEDS[name].columns}) for name in FEEDS}
    return tables, rows.n


def _deliver(
    inbox: Path,
    group: Population,
    tables: dict[str, pa.Table],
    corrections: Correction,
    *,
    dirt: float,
    file_format: str,
) -> tuple[Counter[str], Counter[str]]:
    """Write every clinic's deliveries; the counts of dirt and of corrections delivered."""
    soiled: Counter[str] = Counter()
    corrected: Counter[str] = Counter()
    owners = _owners(tables, group)
    sizes = np.bincount(group.patients.clinic)
    for clinic, code in enumerate(group.clinic_codes):
        own = {}
        for feed, table in tables.items():
            first, last = np.searchsorted(owners[feed], [clinic, clinic + 1])
            own[feed] = table.slice(first, last - first)
        if clinic % EXAM_FEED_MISSING_EVERY == EXAM_FEED_MISSING_EVERY - 1:
            del own["exam"]
        if dirt > 0:
            own, counts = soil(own, dirt, stream(group.seed, f"dirt {code}"))
            soiled += counts
        write_delivery(inbox, code, SNAPSHOT_ID, "snapshot", own, file_format=file_format, is_simulated=True)
        if sizes[clinic] >= DELTA_FROM_EPISODES:
            delta = corrections.of_clinic(clinic, owners)
            corrected += Counter({feed: table.num_rows for feed, table in delta.items() if table.num_rows})
            write_delivery(inbox, code, DELTA_ID, "delta", delta, file_format=file_format, is_simulated=True)
    return soiled, corrected


def _owners(tables: dict[str, pa.Table], group: Population) -> dict[str, Array]:
    """Clinic index of every row of every feed, ascending."""
    clinic_of = {"episode_key": _lookup(group.keys["episode_key"], group.patients.clinic)}
    owners = {}
    for name in FEEDS:
        key = FEEDS[name].parent_key or "episode_key"
        owners[name] = clinic_of[key](tables[name].column(key))
        if name in ("imaging", "session"):
            own_key = FEEDS[name].key[0]
            clinic_of[own_key] = _lookup(tables[name].column(own_key), owners[name])
    return owners


def _lookup(keys: pa.Array, values: Array) -> Callable[[pa.ChunkedArray], Array]:
    def find(wanted: pa.ChunkedArray) -> Array:
        found: Array = values[np.asarray(pc.index_in(wanted, value_set=keys))]
        return found

    return find


def _truth(group: Population, sessions: int, corrected: Counter[str], soiled: Counter[str]) -> Truth:
    outcomes: PotentialOutcomes = group.outcomes
    can_decide = outcomes.eligible["decision"]
    chances = group.visits.chance_of_adding[can_decide]
    added = group.visits.adds_manipulation[can_decide]
    arms = group.index_arm[outcomes.eligible["index"]]
    return Truth(
        world=group.world.name,
        description=group.world.description,
        seed=group.seed,
        episodes=group.patients.n,
        clinics=len(group.clinic_codes),
        practitioners=group.practice.n,
        sessions=sessions,
        eligible={trial: int(mask.sum()) for trial, mask in outcomes.eligible.items()},
        arm_counts={
            "decision": dict(zip(DECISION_STRATEGIES, (int((~added).sum()), int(added.sum())), strict=True)),
            "index": {name: int((arms == arm).sum()) for arm, name in enumerate(INDEX_ARMS)},
        },
        propensity_outside_05_95_share=float(((chances < 0.05) | (chances > 0.95)).mean()) if len(chances) else None,
        corrections=dict(sorted(corrected.items())),
        dirt=dict(sorted(soiled.items())),
        effects=true_effects(outcomes),
    )

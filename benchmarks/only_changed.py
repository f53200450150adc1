"""Tables of clean and cohort after a small delivery: made whole, and made again only where something changed, in one run.

    python -m benchmarks.only_changed 60000

One clinic sends other answers for a hundred of its questionnaires; CPU seconds of `sql/clean` and `sql/cohort` on the night after,
by itself and with the published night beside it. Both warehouses are compared table by table.
"""

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks.night import EPISODES_A_CLINIC, MOST_CLINICS
from pipelines.carrying import content
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.deliveries.raw import fill_raw
from pipelines.engine.opening import make_table
from pipelines.only_changed import OnlyChanged
from pipelines.settings import Settings
from pipelines.synthetic import simulate
from pipelines.tables import in_order, sql_files
from pipelines.warehouse import open_warehouse

SCHEMAS = ("clean", "cohort")
N_ANSWERS = 100


def night(settings: Settings, path: Path, earlier: Path | None, known: OnlyChanged | None) -> dict[str, float]:
    """Build the night at `path`; returns CPU seconds by schema."""
    path.parent.mkdir(parents=True)
    readable = (settings.store, *((earlier.parent,) if earlier else ()))
    spent = dict.fromkeys(SCHEMAS, 0.0)
    with open_ledger(settings.ledger) as ledger, open_warehouse(path, readable=readable) as con:
        fill_raw(con, settings.store, ledger, earlier, lambda _: None)
        for file in in_order(file for schema in SCHEMAS for file in sql_files(schema)):
            began = time.process_time()
            make_table(settings.home, con, file, known)
            spent[file.schema] += time.process_time() - began
    return spent


def other_answers(inbox: Path) -> None:
    """Let the first clinic send a delta in which some questionnaires have another score."""
    clinic = min(path.name for path in inbox.iterdir())
    folder = min((inbox / clinic).iterdir())
    intake, outcome = (
        pd.read_csv(folder / f"{feed}.csv", dtype=str, keep_default_na=False) for feed in ("intake", "outcome")
    )
    answered = outcome[outcome["rmdq24"].str.fullmatch(r"\d+")].head(N_ANSWERS)
    changed = answered.assign(rmdq24=((answered["rmdq24"].astype(int) + 1) % 25).astype(str))
    write_delivery(inbox, clinic, "2026-12-01", "delta", {"intake": intake.iloc[:0], "outcome": changed})


def main() -> None:
    """Read the sizes and measure each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("episodes", nargs="*", type=int, default=[60_000])
    arguments = parser.parse_args()
    for episodes in arguments.episodes:
        with tempfile.TemporaryDirectory(prefix="only-changed-") as made:
            settings = Settings(home=Path(made) / "home", inbox=Path(made) / "inbox")
            clinics = min(MOST_CLINICS, max(2, episodes // EPISODES_A_CLINIC))
            simulate(settings.inbox, episodes=episodes, clinics=clinics, world="uniform", seed=1)
            settings.store.mkdir(parents=True, mode=0o700)
            nights = [settings.home / name / "warehouse.duckdb" for name in ("first", "whole", "part")]
            with open_ledger(settings.ledger) as ledger:
                receive(settings.inbox, settings.store, ledger)
            night(settings, nights[0], None, None)
            other_answers(settings.inbox)
            with open_ledger(settings.ledger) as ledger:
                receive(settings.inbox, settings.store, ledger)
            whole = night(settings, nights[1], nights[0], None)
            part = night(settings, nights[2], nights[0], OnlyChanged(nights[0], least_episodes=0))
            with open_warehouse(nights[1]) as one, open_warehouse(nights[2]) as other:
                tables = [file.table for schema in SCHEMAS for file in sql_files(schema)]
                n_alike = sum(content(one, table) == content(other, table) for table in tables)
        print(f"\n{episodes:,} episodes, {clinics} clinics; {N_ANSWERS} answers of one clinic changed")
        for schema in SCHEMAS:
            ratio = part[schema] / whole[schema]
            print(
                f"{schema:<8} whole {whole[schema]:6.1f} s of CPU, only what changed {part[schema]:6.1f} s: {ratio:.2f}"
            )
        print(f"{n_alike} of {len(tables)} tables hold the same rows", flush=True)


if __name__ == "__main__":
    main()

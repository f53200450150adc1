"""A patient-scope model in one bucket: the unmodified text of its SQL file, run by DuckDB, its rows a Parquet file."""

from dataclasses import dataclass

from pipelines.casting import literal
from pipelines.engine.bucket_tables import Bucket, open_bucket
from pipelines.engine.store import Store


@dataclass(frozen=True)
class ModelTask:
    """The SELECT to run in a bucket, and the name of the file that its rows become."""

    bucket: Bucket
    text: str
    target: str


def run_model(task: ModelTask) -> int:
    """Write the rows of the task's SELECT to its target, whole or not at all; returns how many. May be run twice."""
    with open_bucket(task.bucket) as (con, folder):
        made = folder / "made.parquet"
        rows = con.execute(f"copy (\n{task.text}\n) to {literal(str(made))} (format parquet)").fetchall()
        Store(task.bucket.store).put(made, task.target)
    return int(rows[0][0])

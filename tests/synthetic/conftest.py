"""One group of 6,000 episodes in the world where manipulation brings 1.6 points, and the records made of it."""

import pandas as pd
import pyarrow as pa
import pytest

from pipelines.synthetic.population import Population, draw_population
from pipelines.synthetic.simulation import feed_tables
from pipelines.synthetic.worlds import world_named


@pytest.fixture(scope="session")
def group() -> Population:
    return draw_population(6_000, 10, world_named("uniform"), 4)


@pytest.fixture(scope="session")
def tables(group: Population) -> dict[str, pa.Table]:
    return feed_tables(group)[0]


@pytest.fixture(scope="session")
def feeds(tables: dict[str, pa.Table]) -> dict[str, pd.DataFrame]:
    return {name: table.to_pandas() for name, table in tables.items()}

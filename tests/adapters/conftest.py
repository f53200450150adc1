import pandas as pd
import pytest

from pipelines.adapters.sciatica import read_sciatica
from pipelines.adapters.spider import read_spider
from pipelines.errors import UsageError


@pytest.fixture(scope="session")
def sciatica_records() -> pd.DataFrame:
    try:
        return read_sciatica()
    except UsageError as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def spider_records() -> tuple[pd.DataFrame, pd.DataFrame]:
    try:
        return read_spider()
    except UsageError as absent:
        pytest.skip(str(absent))

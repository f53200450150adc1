"""The typed current view of every feed: `sql/clean`."""

from pipelines.sql_assets import contract_checks, sql_asset
from pipelines.tables import sql_files

_FILES = sql_files("clean")

clean_tables = [sql_asset(file) for file in _FILES]
clean_contracts = contract_checks(_FILES)

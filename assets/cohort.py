"""Episodes, screening, eligibility, arms, covariates and outcomes: `sql/cohort`."""

from pipelines.sql_assets import contract_checks, sql_asset
from pipelines.tables import sql_files

_FILES = sql_files("cohort")

cohort_tables = [sql_asset(file) for file in _FILES]
cohort_contracts = contract_checks(_FILES)

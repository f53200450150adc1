"""Published figures as a table, from the one file of `pipelines.evidence`."""

import duckdb

from pipelines.estimating import write_estimates
from pipelines.evidence.figures import PUBLISHED_FIGURE_COLUMNS, evidence, published_figure_rows


def write_published_figures(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `diagnostics.published_figures`; returns its rows."""
    order = "figure_no, trial, contrast, outcome"
    rows = published_figure_rows(evidence())
    return write_estimates(con, "published_figures", rows, PUBLISHED_FIGURE_COLUMNS, order, schema="diagnostics")

"""Every limit that a delivery must keep, in one place; the message of a delivery that breaks one says it."""

MOST_BAD_ROWS_PERCENT = 20
"""Share of a feed's rows that may be set aside whole; above it the export is broken, and the delivery is blocked."""

FEWEST_BAD_ROWS = 10
"""Fewer rows set aside than this never block a delivery: a share of very few rows says little."""

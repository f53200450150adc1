"""Why tonight's numbers can be believed: negative controls, outcomes with known effects, permutations, leaks. Pure functions.

What belongs here takes the episodes of a trial and what the night said of them, and returns rows of `self_checks.*`. It knows
neither Dagster nor DuckDB; `pipelines.self_checking` reads and writes.
"""

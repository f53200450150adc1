"""Dagster assets and checks, one thin module a stage: raw, clean, cohort, checks, estimates, report."""

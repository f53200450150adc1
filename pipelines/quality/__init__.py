"""Checks of data quality by Kahn's framework: what is checked, how it is counted, its history, and what is told about it."""

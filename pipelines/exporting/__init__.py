"""What a clinic runs on its own machine: records from where they are to an anonymised delivery.

Knows neither Dagster nor Great Expectations nor the warehouse of nights; a clinic installs it without them (docs/exporting.md).
"""

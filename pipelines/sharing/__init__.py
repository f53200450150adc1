"""What a person hands on from a published night to others' programs: indicators as FHIR, results as Parquet, cohorts as OMOP.

All but the cohorts is made from `report.*` alone, looked at by disclosure control once more before it is written.
"""

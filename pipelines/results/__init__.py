"""Published results for analysts. Importing it needs no Dagster.

from pipelines.results import open_results

with open_results() as results:
    print(results.outcomes(by="sex").table())
"""

from pipelines.results.answer import Answer, Dots, Shown, share
from pipelines.results.opening import Results, open_results
from pipelines.results.sections import section

__all__ = ["Answer", "Dots", "Results", "Shown", "open_results", "section", "share"]

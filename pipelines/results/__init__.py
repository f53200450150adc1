"""Published results for analysts. Importing it needs no Dagster.

from pipelines.results import open_results

with open_results() as results:
    print(results.outcomes(by="sex").table())
"""

from pipelines.results.answer import Answer, Shown
from pipelines.results.opening import Results, open_results

__all__ = ["Answer", "Results", "Shown", "open_results"]

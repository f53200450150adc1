"""The pages of notebooks: everything that their cells showed, in one file each that fetches nothing and runs nothing."""

from datetime import datetime

import mistune
from jinja2 import Environment

from pipelines.generations import Generation
from pipelines.notebooks.running import Done, Executed
from pipelines.reporting.pages import page_environment
from pipelines.reporting.words import date_words

INDEX = "index"


class Pages:
    """Makes the pages of the notebooks that ran on one published night."""

    def __init__(self, night: Generation) -> None:
        self._night = night
        self._environment: Environment = page_environment()
        self._markdown = mistune.create_markdown(escape=True, plugins=["table"])

    def page_of(self, executed: Executed) -> str:
        """The page of one notebook: its text, what its cells showed, and their code, folded away."""
        cells = [
            {
                "name": cell.name,
                "text": self._markdown(cell.text) if cell.kind == "markdown" else "",
                "code": cell.text if cell.kind == "code" else "",
                "done": executed.done.get(cell.number, Done(0.0, ())),
                "was_run": cell.number in executed.done,
            }
            for cell in executed.cells
        ]
        return self._made("notebook", executed=executed, cells=cells)

    def index_of(self, executed: list[Executed]) -> str:
        """The page that leads to the others and says which notebook did not come to its end."""
        return self._made("notebooks", notebooks=executed)

    def _made(self, template: str, **view: object) -> str:
        made_at = datetime.fromisoformat(self._night.made_at)
        return self._environment.get_template(f"{template}.html.j2").render(
            stamp=self._night, made_at=made_at, made_on=date_words(made_at), **view
        )

"""The one script of a page: it reads a figure's marks with the arrow keys. Its hash stands in the page's policy.

Without it every number still stands in the table of the figure.
"""

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup

_TEXT = (Path(__file__).parent / "templates" / "chart.js").read_text(encoding="utf-8").replace("\n", "")
SCRIPT = Markup(_TEXT)  # noqa: S704 - our own file, never a delivery's text
SCRIPT_SOURCE = Markup("'sha256-{}'").format(base64.b64encode(hashlib.sha256(_TEXT.encode()).digest()).decode())

"""The pictures of where every table comes from, drawn from the asset graph: `docs/images/lineage.svg` and `lineage-stages.svg`.

`python -m pipelines.lineage` writes both; with `--check` it only says whether they are right. A table stands to the right of what
it is made from; of two ways from one table to another only the longer is drawn (transitive reduction: Aho, Garey and Ullman 1972).
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from graphlib import TopologicalSorter
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.dictionary import write_or_compare
from pipelines.settings import Settings

PLACE = Path(__file__).resolve().parents[1] / "docs" / "images"
STAGES = {
    "raw": ("as delivered", "#5b6b7a"),
    "clean": ("typed, in force", "#0072b2"),
    "cohort": ("episodes and trials", "#00745a"),
    "checks": ("data quality", "#8a5a00"),
    "estimates": ("effects, prognosis", "#b5400f"),
    "diagnostics": ("why to believe it", "#8e3b82"),
    "self_checks": ("what is withheld", "#5a4fb0"),
    "report": ("what may leave", "#1a2430"),
    "notebooks": ("analysts' questions", "#4f5b67"),
}
"""By schema, in the order of a night: what it holds, and its colour (4.5 to 1 or more on white)."""

_WIDTH, _ROW, _GAP, _TOP = 150, 20, 78, 64
_MOST_ROWS, _SWEEPS = 31, 8
_STYLE = (
    "text{font:11px sans-serif;fill:#1a2430}.h{font-size:15px;font-weight:700}.s{fill:#4f5b67}"
    "rect{fill:#fff;stroke-width:1.2}path{fill:none;stroke-width:1;opacity:.34}"
    ".b,path{pointer-events:none}.at{opacity:0}.t:hover path{opacity:1;stroke-width:2.4}"
    "@media(prefers-color-scheme:dark){svg{background:#1a222b}text{fill:#e6ebf0}.s{fill:#aab6c2}rect{fill:#242e38}path{opacity:.5}}"
)

Graph = Mapping[str, frozenset[str]]


@cache
def graph() -> Graph:
    """What each table is made from, by `schema/name`, from the code location itself."""
    from pipelines.definitions import build_definitions

    with TemporaryDirectory() as home:
        assets = build_definitions(Settings(Path(home), Path(home) / "inbox")).resolve_asset_graph()
        return {
            key.to_user_string(): frozenset(parent.to_user_string() for parent in assets.get(key).parent_keys)
            for key in assets.get_all_asset_keys()
        }


def reduced(tables: Graph) -> dict[str, frozenset[str]]:
    """The graph without the edges that a longer way says already."""
    above: dict[str, frozenset[str]] = {}
    found = {}
    for table in TopologicalSorter(tables).static_order():
        parents = tables.get(table, frozenset())
        further = frozenset().union(*(above[parent] for parent in parents)) if parents else frozenset()
        above[table] = parents | further
        found[table] = parents - further
    return found


def columns_of(tables: Graph) -> list[list[str]]:
    """The tables in columns from left to right: a column a schema, or several for a large one, no table left of what it reads.

    Within a column tables stand near what they are made from and what is made from them.
    """
    depth: dict[str, int] = {}
    for table in TopologicalSorter(tables).static_order():
        own = [depth[parent] for parent in tables[table] if _schema(parent) == _schema(table)]
        depth[table] = 1 + max(own, default=-1)
    columns = []
    for schema in STAGES:
        own_tables = sorted((t for t in tables if _schema(t) == schema), key=lambda table: (depth[table], table))
        n_columns = -(-len(own_tables) // _MOST_ROWS)
        size = -(-len(own_tables) // max(1, n_columns))
        columns += [own_tables[first : first + size] for first in range(0, len(own_tables), size or 1)]
    near: dict[str, set[str]] = defaultdict(set)
    for table, parents in tables.items():
        near[table] |= parents
        for parent in parents:
            near[parent].add(table)
    height = {table: row / len(column) for column in columns for row, table in enumerate(column)}
    for _ in range(_SWEEPS):
        for column in columns:
            wanted = {table: _mean([height[one] for one in sorted(near[table])], height[table]) for table in column}
            column.sort(key=lambda table, wanted=wanted: (wanted[table], table))  # type: ignore[misc]
            height |= {table: row / len(column) for row, table in enumerate(column)}
    return columns


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _schema(table: str) -> str:
    return table.split("/", maxsplit=1)[0]


def picture() -> str:
    """The whole lineage as SVG: a box a table; pointing at one shows what it is made from."""
    tables = reduced(graph())
    columns = columns_of(tables)
    tallest = max(map(len, columns))
    width, height = len(columns) * (_WIDTH + _GAP), _TOP + tallest * _ROW + 20
    place = {
        table: (number * (_WIDTH + _GAP) + 10, _TOP + (tallest - len(column)) * _ROW / 2 + row * _ROW)
        for number, column in enumerate(columns)
        for row, table in enumerate(column)
    }
    shapes = [_lines(table, place, sorted(tables[table])) for table in place] + [
        _box(table, *place[table]) for table in place
    ]
    heads: dict[str, str] = {}
    for number, column in enumerate(columns):
        schema = _schema(column[0])
        x = number * (_WIDTH + _GAP) + 10
        words = f'<text class="h" x="{x}" y="24" style="fill:{STAGES[schema][1]}">{schema}</text>'
        heads.setdefault(schema, f'{words}<text class="s" x="{x}" y="42">{STAGES[schema][0]}</text>')
    said = (
        f"{len(tables)} tables from left to right: {', '.join(STAGES)}. Pointing at a table shows what it is made from."
    )
    return _svg(width, height, "Where every table comes from", said, "".join([*heads.values(), *shapes]))


def _lines(table: str, place: Mapping[str, tuple[float, float]], parents: Sequence[str]) -> str:
    """What the table is made from, behind a place to point at; the boxes are drawn over the lines of all."""
    x, y = place[table]
    curves = "".join(_curve(*place[parent], x, y, STAGES[_schema(parent)][1]) for parent in parents)
    at = f'<rect class="at" x="{x}" y="{y:g}" width="{_WIDTH}" height="16"/>'
    return f'<g class="t"><title>{escape(table)}</title>{curves}{at}</g>'


def _box(table: str, x: float, y: float) -> str:
    name = escape(table.split("/")[1].replace("_", " "))
    box = f'<rect x="{x}" y="{y:g}" width="{_WIDTH}" height="16" rx="4" stroke="{STAGES[_schema(table)][1]}"/>'
    return f'<g class="b">{box}<text x="{x + 6}" y="{y + 12:g}">{name}</text></g>'


def _curve(from_x: float, from_y: float, x: float, y: float, colour: str) -> str:
    """From the right of what is read to the left of the table; within a column, in a bow on its left."""
    is_same = from_x == x
    start, bend = (from_x, -34.0) if is_same else (from_x + _WIDTH, max(20.0, (x - from_x - _WIDTH) / 2))
    points = f"M{start:g} {from_y + 8:g}C{start + bend:g} {from_y + 8:g} {x - abs(bend):g} {y + 8:g} {x:g} {y + 8:g}"
    return f'<path d="{points}" stroke="{colour}"/>'


def stages() -> str:
    """The lineage by stage as SVG: how many tables each has, and how many of the one before it are read by the next."""
    tables = graph()
    n_tables = Counter(map(_schema, tables))
    n_reads = Counter(
        (_schema(p), _schema(t)) for t, parents in tables.items() for p in parents if _schema(p) != _schema(t)
    )
    wide, step, base = 122, 150, 150
    x = {schema: 16 + number * step for number, schema in enumerate(STAGES)}
    shapes = []
    for (source, target), n in sorted(n_reads.items()):
        start, end = x[source] + wide / 2, x[target] + wide / 2
        rise = 40 + 14 * (list(STAGES).index(target) - list(STAGES).index(source))
        top = base - rise * 1.3
        curve = f"M{start:g} {base}C{start:g} {top:g} {end:g} {top:g} {end:g} {base}"
        look = f'stroke="{STAGES[source][1]}" style="stroke-width:{1 + n**0.5 / 2:.1f}"'
        title = f"<title>{target} reads {source} {n} times</title>"
        shapes.append(f'<g class="t">{title}<path d="{curve}" {look}/></g>')
    for schema, (words, colour) in STAGES.items():
        middle = x[schema] + wide / 2
        shapes.append(
            f'<rect x="{x[schema]}" y="{base}" width="{wide}" height="58" rx="9" stroke="{colour}" style="stroke-width:2"/>'
            f'<text class="h" x="{middle:g}" y="{base + 22}" text-anchor="middle" style="fill:{colour}">{schema}</text>'
            f'<text x="{middle:g}" y="{base + 37}" text-anchor="middle">{words}</text>'
            f'<text class="s" x="{middle:g}" y="{base + 51}" text-anchor="middle">{n_tables[schema]} tables</text>'
        )
    said = "; ".join(f"{target} reads {source} {n} times" for (source, target), n in sorted(n_reads.items()))
    return _svg(16 + len(STAGES) * step, base + 72, "The night, stage by stage", said, "".join(shapes))


def _svg(width: float, height: float, title: str, said: str, shapes: str) -> str:
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">'
    words = f'<title id="t">{title}</title><desc id="d">{escape(said)}</desc>'
    return f"{opening}{words}<style>{_STYLE}</style>{shapes}</svg>\n"


def main(arguments: Sequence[str], place: Path = PLACE) -> int:
    """Write both pictures to the folder `place`, or with `--check` compare; returns 1 when one there differs, else 0."""
    made = {"lineage.svg": picture(), "lineage-stages.svg": stages()}
    source = "the asset graph and pipelines/lineage.py"
    return max(
        write_or_compare(text, place / name, arguments, source, "pipelines.lineage") for name, text in made.items()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

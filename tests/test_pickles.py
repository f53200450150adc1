"""No pickle is read or written by our code."""

import ast
from collections.abc import Iterator

from tests.conftest import ROOT

MODULES = {"pickle", "_pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "skops"}
# Fits are handed to processes of the same run through pipes (decision 21): nothing is stored.
SIDE_BY_SIDE = {"Parallel", "delayed"}
# The one module that packs what a cluster's own connection carries (decision 36); a test of it shows that nothing of it is stored.
WIRE = "pipelines/engine/wire.py"
CALLS = {"read_pickle", "to_pickle", "allow_pickle", "PickledObjectFilesystemIOManager", "UPathIOManager"}


def uses(text: str) -> Iterator[str]:
    """Names of modules imported, attributes and keywords that could read or write a pickle."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if node.module != "joblib" or names - SIDE_BY_SIDE:
                yield (node.module or "").partition(".")[0]
            yield from names
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def test_our_code_neither_reads_nor_writes_a_pickle() -> None:
    """R-S5."""
    files = [
        path for folder in ("pipelines", "assets", "notebooks", "benchmarks") for path in (ROOT / folder).rglob("*.py")
    ]
    assert len(files) > 50
    found = {
        path.name: hits
        for path in files
        if path != ROOT / WIRE and (hits := {*uses(path.read_text(encoding="utf-8"))} & (MODULES | CALLS))
    }
    assert found == {}


def test_a_use_of_pickle_is_found() -> None:
    """R-S5, positive control."""
    for text in (
        "import pickle",
        "from joblib import load",
        "from joblib import Parallel, load",
        "import joblib.memory",
        "frame.to_pickle('a')",
        "f(allow_pickle=True)",
    ):
        assert {*uses(text)} & (MODULES | CALLS)

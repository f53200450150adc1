"""Where SQL is composed in our code, and of what: a value that reaches a query as text must be one that our own code wrote.

Text is safe when it is a constant, a number, made by `literal` or `quoted`, or taken from the contract or a SQL file of ours.
Names are followed through assignments, loops and comprehensions, calls into the functions they return from, and parameters to
every place that calls their function. What cannot be followed to a safe source is reported as open.
"""

import ast
import builtins
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

RUNS_SQL = {"execute", "executemany", "executescript", "sql", "query", "from_query"}
ESCAPES = {"literal", "quoted", "len", "int", "float", "bool", "range", "sum", "round"}
"""What these return holds no text of anybody else's: escaped text, or a number."""

PASSES_ON = {"sorted", "list", "tuple", "set", "dict", "reversed", "enumerate", "zip", "str", "min", "max", "next", "iter",
             "filter", "chain", "partial", "cast", "defaultdict"}  # fmt: skip
"""What these return is made of their arguments."""

TRUSTED_TYPES = {"int", "float", "bool", "Feed", "Field", "SqlFile", "Expectation", "Form", "Pair", "Migration"}
"""Parameters of these types, alone or in a sequence: numbers, the contract's declarations, our SQL files and what their headers
expect, the forms of identifiers, the pairs of fields and the migrations that are declared in code."""

TRUSTED_ATTRIBUTES = {("DeliveredFile", "feed"), ("DeliveredFile", "format")}
"""Attributes that reading a manifest has held against the contract."""

TRUSTED_ROOTS = {"FEEDS", "SQL_FOLDER", "sql_files", "in_order", "fields", "contract_checks"}
"""Whatever is taken from these was written by us."""

GROWS = {"append", "extend", "add", "update", "insert", "setdefault", "appendleft"}
"""Methods by which a list, set or dictionary comes to hold something more."""

KEYS_OF = "keys of"
PARAMETER = "parameter!"

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Module


@dataclass
class Module:
    """One of our files: its functions by name, and where the names of each scope come from."""

    name: str
    tree: ast.Module
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    sources: dict[Scope, dict[str, list[ast.expr]]] = field(default_factory=dict)
    outer: dict[ast.AST, Scope] = field(default_factory=dict)


def read_module(name: str, text: str) -> Module:
    """Parse a file and note its functions, imports and assignments, each in its own scope."""
    module = Module(name, ast.parse(text))

    def walk(node: ast.AST, scope: Scope) -> None:
        module.outer[node] = scope
        inner = scope
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = module.functions[node.name] = node
        if isinstance(node, ast.ClassDef):
            module.classes.add(node.name)
        if isinstance(node, ast.ImportFrom):
            module.imports |= {alias.asname or alias.name: (node.module or "", alias.name) for alias in node.names}
        for names, value in _bindings(node):
            for one in names:
                module.sources.setdefault(scope, defaultdict(list))[one].append(value)
        for child in ast.iter_child_nodes(node):
            walk(child, inner)

    walk(module.tree, module.tree)
    return module


def _bindings(node: ast.AST) -> Iterator[tuple[list[str], ast.expr]]:
    """(names, what they are taken from) of one statement or comprehension."""
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value:
        pairs = [(node.target, node.value)]
    elif isinstance(node, (ast.For, ast.comprehension)):
        pairs = [(node.target, node.iter)]
    elif isinstance(node, ast.withitem) and node.optional_vars:
        pairs = [(node.optional_vars, node.context_expr)]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GROWS:
        pairs = [(node.func.value, argument) for argument in node.args]
    else:
        return
    for target, value in pairs:
        match target, value:
            case ast.Tuple(elts=[ast.Name(id=name), rest]), ast.Call(func=ast.Attribute(value=whole, attr="items")):
                yield [name], ast.Call(ast.Name(KEYS_OF), [whole], [])
                yield _names(rest), whole
                continue
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
            yield from (
                ([name.id], one)
                for name, one in zip(target.elts, value.elts, strict=False)
                if isinstance(name, ast.Name)
            )
        else:
            yield _names(target), value


def _names(target: ast.expr) -> list[str]:
    """The names that an assignment to this changes; of `table[key]` the table."""
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, (ast.Subscript, ast.Attribute, ast.Starred)):
        return _names(target.value)
    return [name for part in getattr(target, "elts", ()) for name in _names(part)]


BUILTINS = frozenset(dir(builtins))


class Project:
    """All our modules together."""

    def __init__(self, modules: list[Module]) -> None:
        self.modules = {module.name: module for module in modules}
        self.calls: dict[str, list[tuple[Module, ast.Call]]] = defaultdict(list)
        for module in modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    self.calls[name].append((module, node))
        self._seen: set[tuple[str, str, str]] = set()
        self._n_cut = 0
        self._passed: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
        self._returned: dict[tuple[str, str], tuple[set[tuple[str, str]], list[str]]] = {}

    def open_ends(self) -> set[str]:
        """`module: expression` for whatever reaches a query as text and could not be followed to a safe source.

        Behind a name stands a hash of what it is assigned, so that the line changes when that does.
        """
        return {
            f"{module.name}: {self._described(module, part, module.outer[call])}"
            for name in RUNS_SQL
            for module, call in self.calls[name]
            if isinstance(call.func, ast.Attribute) and call.args
            for part in (call.args[0].values if isinstance(call.args[0], ast.JoinedStr) else call.args[:1])
            if self._is_open(module, part, module.outer[call])
        }

    def _is_open(self, module: Module, part: ast.expr, scope: Scope) -> bool:
        self._passed.clear()
        return bool(self._open(module, part, scope))

    def _described(self, module: Module, node: ast.expr, scope: Scope) -> str:
        value = node.value if isinstance(node, ast.FormattedValue) else node
        text = ast.unparse(value)
        sources = module.sources.get(scope, {}).get(text, [])
        assigned = hashlib.sha256("\n".join(map(ast.unparse, sources)).encode()).hexdigest()[:8]
        return f"{text} [{assigned}]" if sources else text

    def _open(self, module: Module, node: ast.expr | None, scope: Scope) -> set[tuple[str, str]]:
        match node:
            case None | ast.Constant() | ast.Compare() | ast.Lambda():
                return set()
            case ast.FormattedValue(value=value, format_spec=spec):
                is_number = spec is not None and ast.unparse(spec).rstrip("'")[-1:] in "gdf,"
                return set() if is_number else self._open(module, value, scope)
            case ast.Name():
                return self._open_name(module, node, scope)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (
                self._type(scope, name),
                attribute,
            ) in TRUSTED_ATTRIBUTES:
                return set()
            case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Starred(value=value):
                found = self._open(module, value, scope)
                passed = {one for one in found if PARAMETER in one[1]}
                return passed | ({(module.name, ast.unparse(node))} if found - passed else set())
            case ast.IfExp(body=body, orelse=other):
                return self._open(module, body, scope) | self._open(module, other, scope)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) | ast.SetComp(elt=element):
                return self._open(module, element, scope)
            case ast.Call():
                return self._open_call(module, node, scope)
        parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return set().union(*(self._open(module, part, scope) for part in parts))

    def _type(self, scope: Scope, name: str) -> str:
        arguments = [] if isinstance(scope, ast.Module) else [*scope.args.args, *scope.args.kwonlyargs]
        said = next((ast.unparse(one.annotation) for one in arguments if one.arg == name and one.annotation), "")
        inside = re.fullmatch(r"(?:Sequence|Iterable|list|tuple)\[(\w+)(?:, \.\.\.)?\]", said)
        return inside[1] if inside else said

    def _open_name(self, module: Module, node: ast.Name, scope: Scope) -> set[tuple[str, str]]:
        name, visit = node.id, (module.name, getattr(scope, "name", ""), node.id)
        if name in TRUSTED_ROOTS or name in BUILTINS:
            return set()
        if visit in self._seen:
            self._n_cut += 1
            return set()
        self._seen.add(visit)
        try:
            if sources := module.sources.get(scope, {}).get(name):
                return set().union(*(self._open(module, source, scope) for source in sources))
            if not isinstance(scope, ast.Module):
                if name in [one.arg for one in (*scope.args.args, *scope.args.kwonlyargs)]:
                    return (
                        set() if self._type(scope, name) in TRUSTED_TYPES else self._open_parameter(module, scope, name)
                    )
                return self._open_name_outside(module, node, scope)
            if name in module.imports:
                other, original = module.imports[name]
                if other in self.modules:
                    return self._open(self.modules[other], ast.Name(original), self.modules[other].tree)
            return {(module.name, name)}
        finally:
            self._seen.discard(visit)

    def _open_name_outside(self, module: Module, node: ast.Name, scope: Scope) -> set[tuple[str, str]]:
        return self._open_name(module, node, module.outer[scope])

    def _open_parameter(
        self, module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str
    ) -> set[tuple[str, str]]:
        """Open unless every call of the function passes something safe; looked at once for each text that is followed."""
        key = (module.name, function.name, name)
        if key not in self._passed:
            self._passed[key] = set()
            self._passed[key] = self._open_calls(module, function, name)
        return self._passed[key]

    def _open_calls(
        self, module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str
    ) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        calls = [(other, call) for other, call in self.calls[function.name] if self._is_meant(other, call, module)]
        for other, call in calls:
            passed = _argument(function, call, name)
            found |= self._open(other, passed, other.outer[call])
        return found if calls else {(module.name, f"{function.name}({name})")}

    def _is_meant(self, caller: Module, call: ast.Call, module: Module) -> bool:
        if isinstance(call.func, ast.Attribute):
            return True
        name = getattr(call.func, "id", "")
        return caller is module or caller.imports.get(name, ("", ""))[0] == module.name

    def _open_call(self, module: Module, call: ast.Call, scope: Scope) -> set[tuple[str, str]]:
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in ESCAPES or name in TRUSTED_ROOTS:
            return set()
        if name == "map":
            made = ast.Call(call.args[0], call.args[1:], [])
            return self._open_call(module, made, scope)
        if name == KEYS_OF:
            return self._open_keys(module, call.args[0], scope)
        function, home = module.functions.get(name), module
        if function is None and name in module.imports and module.imports[name][0] in self.modules:
            home = self.modules[module.imports[name][0]]
            function = home.functions.get(module.imports[name][1])
        if function is not None and not isinstance(call.func, ast.Attribute):
            return self._open_returned(home, function, module, call, scope)
        if isinstance(call.func, ast.Attribute) and name not in RUNS_SQL | {"fetchall", "fetchone"}:
            arguments = [call.func.value, *arguments]
        elif name not in PASSES_ON and not self._is_class(module, name):
            return {(module.name, ast.unparse(call)[:80])}
        return set().union(*(self._open(module, argument, scope) for argument in arguments))

    def _is_class(self, module: Module, name: str) -> bool:
        home, original = module.imports.get(name, (module.name, name))
        return original in self.modules[home].classes if home in self.modules else False

    def _open_keys(self, module: Module, node: ast.expr, scope: Scope) -> set[tuple[str, str]]:
        """The keys of a dictionary that is written out, or of one that a name of this scope or of the module that it is imported
        from is assigned; else all of it."""
        home, original = module.imports.get(node.id, ("", "")) if isinstance(node, ast.Name) else ("", "")
        if home in self.modules and original in self.modules[home].sources.get(self.modules[home].tree, {}):
            return self._open_keys(self.modules[home], ast.Name(original), self.modules[home].tree)
        sources = module.sources.get(scope, {}).get(node.id, [node]) if isinstance(node, ast.Name) else [node]
        found: set[tuple[str, str]] = set()
        for source in sources:
            keys = (
                source.keys
                if isinstance(source, ast.Dict)
                else [source.key]
                if isinstance(source, ast.DictComp)
                else [source]
            )
            found = found.union(*(self._open(module, key, scope) for key in keys))
        return found

    def _open_returned(
        self,
        home: Module,
        function: ast.FunctionDef | ast.AsyncFunctionDef,
        module: Module,
        call: ast.Call,
        scope: Scope,
    ) -> set[tuple[str, str]]:
        """What a function returns, its parameters being what this call passes."""
        found, reached = self._summary(home, function)
        return found.union(*(self._open(module, _argument(function, call, name), scope) for name in reached))

    def _summary(
        self, home: Module, function: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> tuple[set[tuple[str, str]], list[str]]:
        """What of a function's returned values is open whatever it is passed, and the parameters that reach them.

        Kept once it was followed to every end: a name that was being followed already cuts it short.
        """
        key, visit = (home.name, function.name), (home.name, function.name, "return")
        if key in self._returned:
            return self._returned[key]
        if visit in self._seen:
            self._n_cut += 1
            return set(), []
        n_cut_before = self._n_cut
        self._seen.add(visit)
        parameters = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]
        before = {name: home.sources.get(function, {}).get(name) for name in parameters}
        marks = {name: ast.Call(ast.Name(PARAMETER), [ast.Constant(name)], []) for name in parameters}
        home.sources.setdefault(function, defaultdict(list))
        try:
            for name in parameters:
                if self._type(function, name) not in TRUSTED_TYPES:
                    home.sources[function][name] = [*(before[name] or []), marks[name]]
            returned = [
                node.value for node in ast.walk(function) if isinstance(node, (ast.Return, ast.Yield)) and node.value
            ]
            found = set().union(*(self._open(home, value, function) for value in returned))
        finally:
            self._seen.discard(visit)
            for name in parameters:
                if before[name] is None:
                    home.sources[function].pop(name, None)
                else:
                    home.sources[function][name] = before[name]
        named = {name: (home.name, ast.unparse(mark)[:80]) for name, mark in marks.items()}
        made = found - set(named.values()), [name for name, mark in named.items() if mark in found]
        if self._n_cut == n_cut_before:
            self._returned[key] = made
        return made


def _argument(function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, name: str) -> ast.expr | None:
    """What the call passes for the parameter, or its default."""
    parameters = [one.arg for one in function.args.args if one.arg not in ("self", "cls")]
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if name in parameters and parameters.index(name) < len(call.args):
        return call.args[parameters.index(name)]
    defaults = dict(zip(reversed(function.args.args), reversed(function.args.defaults), strict=False))
    keyword_defaults = dict(zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True))
    return next((value for one, value in (defaults | keyword_defaults).items() if one.arg == name), None)


def read_project(root: Path) -> Project:
    """Every module of `pipelines` and `assets`."""
    paths = [path for top in ("pipelines", "assets") for path in sorted((root / top).rglob("*.py"))]
    return Project([
        read_module(".".join(path.relative_to(root).with_suffix("").parts), path.read_text(encoding="utf-8")) for path in paths
    ])  # fmt: skip

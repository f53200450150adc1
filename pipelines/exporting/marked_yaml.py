"""YAML with line numbers, every scalar as the text that stands there: `no` is no, 1.0 is 1.0, and an error names its line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from pipelines.errors import UsageError

_LARGEST_BYTES = 1_000_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster, where libyaml is there


class Section:
    """A block of a mapping file: names to texts, lists and blocks, each with its line.

    What is asked for is remembered; `done` refuses what nobody asked for, so that a typing error is not silently ignored.
    """

    def __init__(self, node: yaml.MappingNode, file: str) -> None:
        self._file = file
        self._node = node
        self._entries: dict[str, tuple[yaml.Node, int]] = {}
        self._asked: set[str] = set()
        for key, value in node.value:
            name = _text(key, self._fault)
            if name in self._entries:
                raise self._fault(key, f"{name} stands twice", "Keep one of the two")
            self._entries[name] = (value, key.start_mark.line + 1)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the block, in their order."""
        return tuple(self._entries)

    def error(self, found: str, remedy: str, name: str | None = None) -> UsageError:
        """The error to raise about the entry `name` (or the block itself): file, line, what was found, what to do."""
        node = self._node if name is None or name not in self._entries else self._entries[name][0]
        line = self._entries[name][1] if name in self._entries else node.start_mark.line + 1
        return UsageError(f"{self._file} line {line}: {found}. {remedy}")

    def where(self, name: str | None = None) -> str:
        """The file and line of an entry, or of the block, for an error that comes later."""
        line = self._node.start_mark.line + 1 if name is None else self._entries[name][1]
        return f"{self._file} line {line}"

    def text(self, name: str, default: str | None = None) -> str:
        """The text of an entry; raises UsageError when it is no text, or absent without a default."""
        node = self._find(name, has_default=default is not None)
        return default or "" if node is None else _text(node, self._fault)

    def choice(self, name: str, options: tuple[str, ...], default: str | None = None) -> str:
        """The text of an entry that must be one of `options`."""
        said = self.text(name, default)
        if said not in options:
            raise self.error(f"{name} is none of {', '.join(options)}", "Write one of them", name)
        return said

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number of 0 or more."""
        said = self.text(name, None if default is None else str(default))
        if not said.isascii() or not said.isdigit():
            raise self.error(f"{name} is no whole number", "Write one such as 12", name)
        return int(said)

    def texts(self, name: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The texts of a list; a single text is a list of one."""
        node = self._find(name, has_default=default is not None)
        if node is None:
            return default or ()
        if isinstance(node, yaml.SequenceNode):
            return tuple(_text(item, self._fault) for item in node.value)
        return (_text(node, self._fault),)

    def section(self, name: str) -> "Section | None":
        """The block under `name`, or None; raises UsageError when something else stands there."""
        node = self._find(name, has_default=True)
        if node is None:
            return None
        if not isinstance(node, yaml.MappingNode):
            raise self._fault(node, f"{name} is no block of 'name: value' lines", "Indent such lines below it")
        return Section(node, self._file)

    def block(self, name: str, remedy: str) -> "Section":
        """The block under `name`; raises UsageError with this remedy when there is none."""
        found = self.section(name)
        if found is None:
            raise self.error(f"{name} is missing", remedy)
        return found

    def sections(self, name: str) -> tuple["Section", ...]:
        """The blocks of a list; raises UsageError when there is none, or an item is no block."""
        node = self._find(name, has_default=False)
        if not isinstance(node, yaml.SequenceNode) or not all(
            isinstance(item, yaml.MappingNode) for item in node.value
        ):
            raise self.error(f"{name} is no list of blocks", "Begin each block with '- '", name)
        return tuple(Section(item, self._file) for item in node.value)

    def items(self) -> Iterator[tuple[str, str]]:
        """Every name with its text: for a block that is a table of its own, such as a map of values."""
        for name in self._entries:
            yield name, self.text(name)

    def is_block(self, name: str) -> bool:
        """Whether a block stands under `name`, and not a text or a list."""
        return name in self._entries and isinstance(self._entries[name][0], yaml.MappingNode)

    def done(self) -> None:
        """Raise UsageError for the first entry that nobody asked for."""
        for name in self._entries:
            if name not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.error(f"{name} is not known here", f"Known are: {known}", name)

    def _find(self, name: str, *, has_default: bool) -> yaml.Node | None:
        self._asked.add(name)
        if name not in self._entries:
            if has_default:
                return None
            raise self.error(f"{name} is missing", "Add it to this block")
        return self._entries[name][0]

    def _fault(self, node: yaml.Node, found: str, remedy: str) -> UsageError:
        return UsageError(f"{self._file} line {node.start_mark.line + 1}: {found}. {remedy}")


def _text(node: yaml.Node, fault: Callable[[yaml.Node, str, str], UsageError]) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise fault(node, "a single text was expected here", "Write it on one line, in quotes if it holds : # ? or ,")
    return str(node.value)


def read_section(path: Path) -> Section:
    """The YAML file at `path` as one block; raises UsageError that names the line of what cannot be read.

    Aliases and tags are refused: a mapping needs neither, and each is a way to write something else than one sees.
    """
    try:
        text = path.read_bytes()[: _LARGEST_BYTES + 1].decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}. Name the mapping file") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not UTF-8. Save it as UTF-8") from None
    if len(text) > _LARGEST_BYTES:
        raise UsageError(f"{path.name} has more than {_LARGEST_BYTES:,} bytes; no mapping has")
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise UsageError(f"{path.name} line {line}: aliases (& and *) are not read. Write the block out")
            if getattr(event, "tag", None):
                raise UsageError(f"{path.name} line {line}: tags (!) are not read. Leave it out")
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UsageError(
            f"{path.name} line {mark.line + 1 if mark else 1}: this is no YAML ({error.problem}). "
            "Look at the indentation, and put texts with : # ? or , in quotes"
        ) from None
    except yaml.YAMLError:
        raise UsageError(f"{path.name} holds characters that YAML does not allow. Save it as plain UTF-8") from None
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{path.name} line 1: 'name: value' lines were expected. Begin with clinic_code: ...")
    return Section(node, path.name)

"""YAML as people write it: text at known lines.

Every scalar stays the text it was written as, except an empty one or ``null``: ``01``, ``004010`` and ``no`` mean what they
look like, and the profile's own types decide what is a number or a yes. For sections whose types are not the profile's,
:meth:`YamlSource.typed` gives plain whole numbers as such. Duplicate keys, tags and merge keys are faults;
size, depth and what aliases unfold to are bounded, so that no file is a bomb.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from .wording import quoted

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions (from 0) from the document's root to a value."""

MAX_BYTES = 256 * 1024
"""The largest profile that is read."""

_MAX_DEPTH = 24
_MAX_VALUES = 20_000
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null", "seq", "map", "str", "timestamp", "value")
}


@dataclass(frozen=True, slots=True)
class YamlFault:
    """Something that keeps a file from being read as YAML, or from being read as what the writer meant."""

    line: int
    message: str
    hint: str = ""
    path: Path = ()


class _Unreadable(Exception):
    """Ends the reading: what follows cannot be told from what is wrong."""

    def __init__(self, line: int, message: str, hint: str = "", path: Path = ()) -> None:
        super().__init__(message)
        self.fault = YamlFault(line, message, hint, path)


@dataclass(slots=True)
class YamlSource:
    """A document: dicts, lists, text and None, with the line (from 1) on which each value's key or item begins."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[YamlFault] = field(default_factory=list)
    integers: set[Path] = field(default_factory=set)

    def line(self, path: Path) -> int:
        """The line of ``path``, or of the nearest thing around it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def typed(self, path: Path, value: Any) -> Any:
        """``value``, which stands at ``path``, with whole numbers that were written without quotes and leading zeros as int."""
        if isinstance(value, dict):
            return {key: self.typed((*path, key), item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.typed((*path, position), item) for position, item in enumerate(value)]
        return int(value) if path in self.integers else value

    def empty(self) -> Iterator[Path]:
        """The keys and items that were written without a value."""
        yield from _empty((), self.value)


def read(raw: bytes) -> YamlSource:
    """Read one YAML document. What is wrong with it is in ``faults``; then ``value`` holds the rest."""
    source = YamlSource()
    try:
        node = _compose(raw)
        source.value = _Builder(source).build(node, ())
    except _Unreadable as unreadable:
        source.faults.append(unreadable.fault)
    return source


class _Composer(yaml.SafeLoader):
    """PyYAML's own, without its unbounded recursion."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            line = parent.start_mark.line + 1 if parent is not None else 1
            raise _Unreadable(line, f"is nested more than {_MAX_DEPTH} levels deep.")
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _compose(raw: bytes) -> yaml.Node:
    if len(raw) > MAX_BYTES:
        raise _Unreadable(1, f"the file has more than {MAX_BYTES // 1024} KiB, which no profile needs.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _Unreadable(line, f"byte 0x{raw[error.start]:02x} is not UTF-8.", "Save the file as UTF-8.") from error
    try:
        node = yaml.compose(text, Loader=_Composer)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ", ".join(part[:120] for part in (error.problem, error.context) if part)
        raise _Unreadable(
            mark.line + 1 if mark else 1, f"cannot be read as YAML: {problem}.", _yaml_hint(problem)
        ) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _Unreadable(
            line, f"the character U+{ord(text[error.position]):04X} does not belong in a text file."
        ) from error
    except (ValueError, OverflowError) as error:
        # PyYAML turns an escape beyond Unicode ("\UFFFFFFFF") straight into a character.
        raise _Unreadable(
            1, f"cannot be read as YAML: {error}.", "Look for an escape such as \\U in quotes."
        ) from error
    if node is None:
        raise _Unreadable(1, "the file is empty.", "`tally partner new` writes one to start from.")
    return node


def _yaml_hint(problem: str) -> str:
    if "\\t" in problem:
        return "Indent with blanks, not tabs."
    if "mapping values are not allowed" in problem:
        return "Check the indentation, and quote a value that contains a colon."
    return ""


class _Builder:
    """Turns nodes into values, noting lines and faults. Aliases unfold, up to a limit."""

    def __init__(self, source: YamlSource) -> None:
        self._source = source
        self._count = 0

    def build(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self._source.lines.setdefault(path, line)
        self._count += 1
        if self._count > _MAX_VALUES or len(path) > _MAX_DEPTH:
            raise _Unreadable(line, f"unfolds to more than {_MAX_VALUES} values or {_MAX_DEPTH} levels.", path=path)
        if node.tag not in _PLAIN_TAGS:
            self._fault(line, "has a YAML tag, which a profile never needs.", f"Remove {quoted(node.tag)}.", path)
            return ""
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, position)) for position, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag not in _PLAIN_TAGS:
                merge = key_node.tag == _MERGE
                message = "merge keys (<<) are not understood here." if merge else "a key must be plain text."
                self._fault(line, message, "Repeat the keys." if merge else "", path)
                continue
            key = self._text(key_node, path)
            if key in values:
                first = self._source.lines[(*path, key)]
                self._fault(line, f"is already given on line {first}.", "Remove one of them.", (*path, key))
                continue
            self._source.lines[(*path, key)] = line
            values[key] = self.build(value_node, (*path, key))
        return values

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> str | None:
        if node.tag == _NULL:
            return None
        text = self._text(node, path)
        if node.style is None and _INTEGER.fullmatch(text):
            self._source.integers.add(path)
        return text

    def _text(self, node: yaml.Node, path: Path) -> str:
        text = str(node.value)
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
            line = node.start_mark.line + 1
            self._fault(line, "contains a character that no text has (NUL or half of a surrogate pair).", "", path)
            return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
        return text

    def _fault(self, line: int, message: str, hint: str, path: Path) -> None:
        self._source.faults.append(YamlFault(line, message, hint, path))


def _empty(path: Path, value: Any) -> Iterator[Path]:
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _empty((*path, key), item)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _empty((*path, position), item)

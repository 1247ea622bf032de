"""Walking a transaction set while remembering which elements a map has taken, so that nothing is lost unseen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from canonical.base import proven
from canonical.document import Unmapped
from canonical.finding import Finding, Severity

from ..segments import Element, LoopNode, Node, Repeated, SegmentNode, Single, TransactionSet
from .findings import BusinessFault

Fields = dict[str, Any]
"""The fields of a canonical value before it is built. Documents are built once, from the whole nest of these."""


_MOST_REMARKS = 100
"""More would not be read by anybody; a set of a hundred thousand wrong labels must not make as many."""


class Place:
    """A loop, or the whole set, with its children by their id in the schema."""

    __slots__ = ("groups", "head")

    def __init__(self, children: list[Node], head: SegmentNode | None = None) -> None:
        self.head = head
        self.groups: dict[str, list[Node]] = {}
        for node in children:
            self.groups.setdefault(node.id, []).append(node)

    @classmethod
    def of(cls, node: Node) -> "Place":
        """The inside of a loop; a plain segment is a place without children."""
        if isinstance(node, SegmentNode):
            return cls([], node)
        return cls(node.children[1:], head_of(node))

    def nodes(self, node_id: str) -> list[Node]:
        return self.groups.get(node_id, [])

    def first(self, node_id: str) -> Node | None:
        nodes = self.groups.get(node_id)
        return nodes[0] if nodes else None


def head_of(node: Node) -> SegmentNode:
    """The segment itself, or the one that begins the loop."""
    if isinstance(node, SegmentNode):
        return node
    head = node.children[0]
    assert isinstance(head, SegmentNode)
    return head


@dataclass(frozen=True, slots=True)
class _Remark:
    node: SegmentNode | None
    element: int | None
    code: BusinessFault
    severity: Severity
    message: str


class Reading:
    """What a map has taken from one set so far, where each field came from, and what is wrong with it.

    ``failed`` says that something is so wrong that there can be no document.
    """

    def __init__(self) -> None:
        self._taken: dict[int, int] = {}
        self.blanks: list[tuple[SegmentNode, int]] = []
        self.absences: list[str] = []
        self._origins: dict[str, tuple[SegmentNode, int | None]] = {}
        self._remarks: list[_Remark] = []
        self._unlisted = 0
        self.failed = False

    def take(self, node: SegmentNode, mask: int = 0) -> None:
        """The map writes this segment again; bit ``n`` of ``mask`` says that it writes element ``n`` too."""
        self._taken[id(node)] = self._taken.get(id(node), 0) | mask

    def taken(self, node: SegmentNode) -> int | None:
        """The elements taken of a segment, as a bit mask; None where it was not taken at all."""
        return self._taken.get(id(node))

    def blank(self, node: SegmentNode, position: int) -> None:
        """Element ``position`` is absent although the map would write one by itself."""
        self.blanks.append((node, position))

    def absent(self, source: str) -> None:
        """The set has nothing at this place although the map would write something by itself."""
        self.absences.append(source)

    def origin(self, field: str, node: SegmentNode, position: int | None = None) -> None:
        """``field`` came from this segment, or from one element of it."""
        self._origins[field] = (node, position)

    def segment_of(self, field: str) -> SegmentNode:
        """The segment that ``field``, which must be one with an origin, came from."""
        return self._origins[field][0]

    def remark(
        self,
        code: BusinessFault,
        severity: Severity,
        message: str,
        *,
        field: str = "",
        node: SegmentNode | None = None,
        element: int | None = None,
    ) -> None:
        """Something is wrong at ``node``, or at the place that ``field`` came from; perhaps at ``element`` of it."""
        if node is None and field in self._origins:
            node, origin = self._origins[field]
            element = element or origin
        self.failed |= severity is Severity.ERROR
        if len(self._remarks) < _MOST_REMARKS:
            self._remarks.append(_Remark(node, element, code, severity, message))
        else:
            self._unlisted += 1

    @property
    def remarked(self) -> bool:
        """Whether anything is wrong."""
        return bool(self._remarks)

    def unmapped(self, ordered: TransactionSet) -> tuple[Unmapped, ...]:
        """What the map did not take, in the order and with the paths that ``write`` will find."""
        paths = _paths(ordered.children)
        rest: list[Unmapped] = []
        blanks: dict[int, list[int]] = {}
        for node, position in self.blanks:
            blanks.setdefault(id(node), []).append(position)
        for node, path in paths:
            mask = self.taken(node)
            if mask is None:
                rest.extend(whole(path, node.segment.elements))
                continue
            rest.extend(leftovers(path, node.segment.elements, mask))
            for position in blanks.get(id(node), ()):
                rest.append(entry(f"{path}/{position:02d}", ""))
        rest.extend(entry(source, "") for source in self.absences)
        return tuple(rest)

    def trace(self, source: TransactionSet) -> dict[str, str]:
        """From each field to its place in the set as it came."""
        paths = {id(node): path for node, path in _paths(source.children)}
        return {
            field: paths[id(node)] + (f"/{position:02d}" if position else "")
            for field, (node, position) in self._origins.items()
        }

    def findings(self, source: TransactionSet) -> tuple[Finding, ...]:
        if not self._remarks:
            return ()
        paths = {id(node): path for node, path in _paths(source.children)}
        found = [_finding(remark, paths) for remark in self._remarks]
        if self._unlisted:
            message = f"{self._unlisted} more findings of this document are not listed. Correct those listed first."
            severity = Severity.ERROR if self.failed else Severity.WARNING
            found.append(Finding(code=BusinessFault.MORE_FINDINGS, severity=severity, message=message))
        return tuple(found)


def _finding(remark: _Remark, paths: dict[int, str]) -> Finding:
    node, element = remark.node, remark.element
    if node is None:
        return Finding(code=remark.code, severity=remark.severity, message=remark.message)
    path = paths[id(node)]
    return Finding(
        code=remark.code,
        severity=remark.severity,
        message=remark.message,
        path=path + (f"/{element:02d}" if element else ""),
        segment=node.segment.tag,
        segment_index=node.segment.index or None,
        element=element,
        value=(node.segment.text(element) or None) if element else None,
        offset=node.segment.offset or None,
    )


def _paths(children: list[Node], prefix: str = "") -> Iterator[tuple[SegmentNode, str]]:
    seen: dict[str, int] = {}
    for node in children:
        seen[node.id] = occurrence = seen.get(node.id, 0) + 1
        path = f"{prefix}{node.id}[{occurrence}]"
        if isinstance(node, LoopNode):
            yield head_of(node), path
            yield from _paths(node.children[1:], path + "/")
        else:
            yield node, path


def trimmed(element: Element) -> Element:
    """A composite without its empty tail; one that is empty altogether is no element."""
    if isinstance(element, str):
        return element
    if isinstance(element, Repeated):
        return Repeated(tuple(single for single in map(trimmed_single, element.occurrences) if single))
    return trimmed_single(element)


def trimmed_single(element: Single) -> Single:
    if isinstance(element, str):
        return element
    end = len(element)
    while end and not element[end - 1]:
        end -= 1
    return element[:end] if end else ""


_OF_UNMAPPED = {"source", "value"}


def entry(source: str, value: Single) -> Unmapped:
    """What stands at a place, or the texts of a segment's elements."""
    return proven(Unmapped, {"source": source, "value": value}, _OF_UNMAPPED)


def leftovers(path: str, elements: tuple[Element, ...], mask: int) -> Iterator[Unmapped]:
    """What ``mask`` has not taken of a segment."""
    for position, element in enumerate(elements, 1):
        if element and not mask >> position & 1:
            yield from _at(f"{path}/{position:02d}", element)


def whole(path: str, elements: tuple[Element, ...]) -> Iterator[Unmapped]:
    """A segment of which nothing was taken."""
    texts = [element if isinstance(element, str) else "" for element in elements]
    while texts and not texts[-1]:
        texts.pop()
    yield entry(path, tuple(texts))
    for position, element in enumerate(elements, 1):
        if not isinstance(element, str):
            yield from _at(f"{path}/{position:02d}", element)


def _at(source: str, element: Element) -> Iterator[Unmapped]:
    """What stands at a place; where it repeats, each occurrence under its number: ``CTX[1]/01^2``."""
    found = trimmed(element)
    if isinstance(found, Repeated):
        for number, single in enumerate(found.occurrences, 1):
            yield entry(f"{source}^{number}", single)
    elif found:
        yield entry(source, found)

"""Drafts that put off spelling out their segments: for documents that keep something unmapped, and maps with children of their own.

Such a document needs its drafts, because what is unmapped finds its place by counting them. But most of their segments are still
what one record says of one value, and nothing else; the compiled record writes these faster. So a draft remembers the two, and becomes
an ordinary draft as soon as anything else is to do with its segment.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from .compiled_records import Unusual, record_writer, spelled
from .loops import Child
from .records import Record
from .writing import Draft, Layout


class LazyDraft(Draft):
    """A draft whose segment is what a record says of a value, until something else is put into it."""

    __slots__ = ("_is_ordinary", "_record", "_value")

    def __init__(self, node_id: str) -> None:
        self.id = node_id
        self.groups = {}
        self._record: Record | None = None
        self._value: Any = None
        self._is_ordinary = False

    def add(self, node_id: str) -> Draft:
        child = LazyDraft(node_id)
        self.groups.setdefault(node_id, []).append(child)
        return child

    def postpones(self, record: object, value: object) -> bool:
        if self._is_ordinary or self._record is not None or not isinstance(record, Record) or record.id != self.id:
            return False
        self._record, self._value = record, value
        return True

    def __getattr__(self, name: str) -> Any:
        """The elements, or what else of an ordinary draft there is not yet."""
        if self._is_ordinary or name not in Draft.__slots__:
            raise AttributeError(name)
        groups = self.groups
        super().__init__(self.id)
        self.groups, self._is_ordinary = groups, True
        if self._record is not None:
            self._record.write(self._value, self)
        return getattr(self, name)

    def append_to(self, texts: list[str], unsure: list[str]) -> None:
        """Append the segment's text as a compiled record does."""
        if self._record is not None and not self._is_ordinary:
            record_writer(self._record)(self._value, texts, unsure)
        else:
            texts.append(spelled(self.segment(), unsure))


class LazySet:
    """A map's writing of one version by way of lazy drafts."""

    def __init__(self, head: Record, children: Sequence[Child], layout: Layout) -> None:
        self._head = head
        self._children = children
        self._ranks = _ranks(layout)

    def __call__(self, document: Any, texts: list[str], unsure: list[str]) -> None:
        root = LazyDraft("")
        self._head.write(document, root.add(self._head.id))
        for child in self._children:
            child.write(document, root)
        root.put_back(document.unmapped)
        _append(root, self._ranks, texts, unsure)


_Ranks: TypeAlias = "dict[str, tuple[int, _Ranks]]"
"""A layout whose ids know their place in the order."""


def _ranks(layout: Layout) -> _Ranks:
    return {node_id: (rank, _ranks(inner or {})) for rank, (node_id, inner) in enumerate(layout.items())}


def _append(draft: Draft, ranks: _Ranks, texts: list[str], unsure: list[str]) -> None:
    """Append what is inside a draft, in the order of the layout."""
    if not draft.groups.keys() <= ranks.keys():
        raise Unusual
    for node_id in sorted(draft.groups, key=lambda node_id: ranks[node_id][0]):
        inside = ranks[node_id][1]
        for child in draft.groups[node_id]:
            if isinstance(child, LazyDraft):
                child.append_to(texts, unsure)
            else:
                texts.append(spelled(child.segment(), unsure))
            if child.groups:
                _append(child, inside, texts, unsure)

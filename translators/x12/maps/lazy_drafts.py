"""Drafts that put off spelling out their segments: for documents that keep something unmapped, and maps with children of their own.

Such a document needs its drafts, because what is unmapped finds its place by counting them. But most of what is drafted stays what a
record and its children say of one value, which their compiled form writes much faster. So a draft remembers these, and becomes
an ordinary draft, as far as needed, only when something else is to be put into its segment or loop.
"""

from collections.abc import Sequence
from typing import Any

from .compiled_records import Unusual, Writer, record_writer, spelled
from .compiled_writing import Site
from .loops import Child
from .records import Record
from .writing import Draft


class LazyDraft(Draft):
    """A draft that is what a record and its children say of a value, until something else is put into it.

    ``site`` is the inside of its loop. What an ordinary draft has is made when it is first asked for: ``groups`` by having the
    children write, the rest by having the record write.
    """

    __slots__ = ("_children", "_inside", "_is_grown", "_is_spelled", "_record", "_value", "site")

    def __init__(self, node_id: str, site: Site) -> None:
        self.id = node_id
        self.layout = site.layout
        self.site = site
        self._is_spelled = self._is_grown = False
        self._record: Record | None = None
        self._children: Sequence[Child] = ()
        self._inside: Writer | None = None

    def child(self, node_id: str) -> Draft:
        return LazyDraft(node_id, self.site.inside(node_id))

    def postpones(self, record: Any, value: Any, children: Sequence[Any] = ()) -> bool:
        if self._is_spelled or self._record is not None or record.id != self.id:
            return False
        if children:
            self._inside = self.site.known_children(record.model, children)
            if self._inside is None or self._is_grown:
                return False
        self._record, self._children, self._value = record, children, value
        return True

    def __getattr__(self, name: str) -> Any:
        if name == "groups":
            self.groups, self._is_grown = {}, True
            for child in self._children:
                child.write(self._value, self)
        elif name in Draft.__slots__:
            self.elements, self._defaults, self._blank, self._pairs = {}, {}, set(), []
            self._is_spelled = True
            if self._record is not None:
                self._record.write(self._value, self)
        else:
            raise AttributeError(name)
        return getattr(self, name)

    def append_to(self, texts: list[str], unsure: list[str]) -> None:
        """Append the texts of the segment and of what is inside the loop, as compiled writers do."""
        if self._record is not None and not self._is_spelled:
            record_writer(self._record)(self._value, texts, unsure)
        else:
            texts.append(spelled(self.segment(), unsure))
        if self._is_grown:
            append_children(self, texts, unsure)
        elif self._inside is not None:
            self._inside(self._value, texts, unsure)


def append_children(draft: LazyDraft, texts: list[str], unsure: list[str], only: str | None = None) -> None:
    """Append what is inside a draft, or only what is there under one id, in the order of the schema.

    Raises Unusual where the schema has no place for it.
    """
    for node_id in draft.site.ordered(draft.groups.keys() if only is None else [only]):
        if not draft.site.offers(node_id):
            raise Unusual
        for child in draft.groups.get(node_id, ()):
            assert isinstance(child, LazyDraft)
            child.append_to(texts, unsure)

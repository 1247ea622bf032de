"""A whole set compiled for writing: from the canonical document straight to the text of the set.

``SetMap.write_exactly``, with its records and drafts, says what a set is and why something cannot be written. What is written here is the
same, for all that is in the ordinary: the functions of :mod:`.compiled_records` and :mod:`.compiled_writing` append finished segments, and
put every text that may not stand between delimiters aside, to be looked through once for the whole set. Whatever is out of the
ordinary raises, or shows in the end, and is left to the exact way.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ..segments import Node
from ..values import CannotWrite
from ..written import COMPONENT, ELEMENT, TERMINATOR, WrittenSet
from .compiled_records import Unusual, Writer, record_writer
from .compiled_writing import Piece, Site
from .layout import layout
from .lazy_drafts import LazyDraft, append_children
from .loops import Child
from .records import Record
from .writing import place_of

_LONGEST_TAG = 3
_UNCLEAN = bytes((*range(0x20), 0x7F)) + (ELEMENT + COMPONENT + TERMINATOR).encode()


class CompiledSet:
    """The head and the children of a set in one version of the tables. Raises CannotWrite where there are none.

    Ids to which nothing unmapped belongs are written straight, the others by way of drafts; so is all of a document where
    one of the children has no compiled form.
    """

    def __init__(self, set_id: str, version: str, head: Record, children: Sequence[Child]) -> None:
        self._site = Site(layout(set_id, version))
        self._head = head
        self._children = children
        self._ids: list[set[str]] = []
        self._straight: dict[str, Writer] = {}
        self._whole: Writer | None = None
        try:
            self._compile()
        except Unusual:
            self._straight.clear()

    def _compile(self) -> None:
        found = [list(self._site.pieces_of(child)) for child in self._children]
        pieces = [Piece(self._head.id, (record_writer(self._head),)), *(piece for some in found for piece in some)]
        self._ids = [{piece.node_id for piece in some} for some in found]
        for node_id in {piece.node_id for piece in pieces}:
            own = [piece for piece in pieces if piece.node_id == node_id]
            self._straight[node_id] = self._site.compiled(self._head.model, own)
        self._whole = self._site.compiled(self._head.model, pieces)

    def write(self, document: Any, make: Callable[[], Sequence[Node]]) -> WrittenSet | None:
        """The set as text; None where only the exact way can find out what is to be done. ``make`` is that way."""
        texts: list[str] = []
        unsure: list[str] = []
        try:
            self._append(document, texts, unsure)
        except (CannotWrite, Unusual):
            return None
        if not _is_clean("".join(unsure)) or min(map(len, texts)) <= _LONGEST_TAG:
            return None
        return WrittenSet(TERMINATOR.join(texts) + TERMINATOR, len(texts), make)

    def _append(self, document: Any, texts: list[str], unsure: list[str]) -> None:
        touched = {place.steps[0][0] for entry in document.unmapped if (place := place_of(entry.source)) is not None}
        if self._whole is None:
            append_children(self._drafted(document, self._children), texts, unsure)
        elif touched:
            self._append_partly(document, touched, texts, unsure)
        else:
            self._whole(document, texts, unsure)

    def _append_partly(self, document: Any, touched: set[str], texts: list[str], unsure: list[str]) -> None:
        """Have only those children drafted that write under an id that something unmapped belongs to."""
        drafted = [child for child, ids in zip(self._children, self._ids, strict=True) if ids & touched]
        root = self._drafted(document, drafted)
        for node_id in self._site.ordered(touched | self._straight.keys()):
            if node_id in touched:
                append_children(root, texts, unsure, node_id)
            else:
                self._straight[node_id](document, texts, unsure)

    def _drafted(self, document: Any, children: Sequence[Child]) -> LazyDraft:
        root = LazyDraft("", self._site)
        self._head.write(document, root.add(self._head.id))
        for child in children:
            child.write(document, root)
        root.put_back(document.unmapped)
        return root


def _is_clean(text: str) -> bool:
    """Whether data can stand between the standard delimiters: it contains none of them, and no control character."""
    data = text.encode(errors="surrogatepass")
    return len(data.translate(None, _UNCLEAN)) == len(data)

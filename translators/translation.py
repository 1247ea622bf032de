"""What a map between a transaction set and a document looks like from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from canonical.documents import AnyDocument
from canonical.finding import Finding

from .x12.body import Body
from .x12.segments import Node, TransactionSet


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A document, or None where the findings say why there can be none."""

    document: AnyDocument | None
    findings: tuple[Finding, ...] = ()


class TranslationMap(Protocol):
    """Both directions of one transaction set. ``read(write(d)) == d`` and ``write(read(x)) == x`` up to normalisation."""

    @property
    def set_id(self) -> str:
        """X12's number of the set: ``850``."""
        ...

    @property
    def document_type(self) -> type:
        """The canonical document it is about."""
        ...

    def read(self, source: Body | TransactionSet) -> ReadResult:
        """Translate a valid set, as the validator hands it on or as a tree. Business faults (totals that do not add up) are findings."""
        ...

    def write(self, document: AnyDocument, version: str) -> Sequence[Node]:
        """The set's nodes in the order of the schema, without ST and SE.

        ``version`` is that of the standard's table, ``004010``. Raises ``CannotWrite`` for a document that says something
        the set has no place for.
        """
        ...

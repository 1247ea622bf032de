"""Which map reads and writes a document: (format, set, version) to map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from canonical.documents import AnyDocument
from canonical.finding import Finding

from .x12.segments import Node, TransactionSet


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A document, or None where the findings say why there can be none."""

    document: AnyDocument | None
    findings: tuple[Finding, ...] = ()


class TranslationMap(Protocol):
    """Both directions of one transaction set. ``read(write(d)) == d`` and ``write(read(x)) == x`` up to normalisation."""

    set_id: str
    document_type: type

    def read(self, transaction_set: TransactionSet) -> ReadResult:
        """Translate a valid set. Business faults (totals that do not add up) are findings."""
        ...

    def write(self, document: AnyDocument, version: str) -> Sequence[Node]:
        """The set's nodes in the order of the schema, without ST and SE."""
        ...

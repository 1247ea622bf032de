"""Room five of the inbound path, the pure half: the bytes of a received file to documents, findings and answers.

Nothing here touches the database. What is known of a large file's documents waits in a temporary file, beside their canonical JSON,
so that memory does not grow with their number.
"""

import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, TypeAlias

from canonical.finding import Finding
from canonical.identity import BlobDigest, ReceiptId
from canonical.interchange_acknowledgement import InterchangeAcknowledgement

from .notice import told_notice
from .reply import GroupReply, Reply
from .unpacked_documents import Place, UnpackedDocument, UnpackedDocuments, put_aside, read_back

if TYPE_CHECKING:
    from ..operations.replay import Replay

SPILL_BYTES = 8 << 20
"""What is put aside of one file in memory; more goes to a temporary file."""

NOT_AS_AGREED = (
    "The interchange was not taken: its sender and receiver (ISA05 to ISA08) are not those agreed for this account. "
    "Correct them and send it again."
)


@dataclass(slots=True)
class UnpackedInterchange:
    """An interchange of the file, or, for CSV, the file itself.

    ``position`` counts from 1. ``counts`` is true once a document of it is to be used: only then is its control number
    spent. ``refusal`` answers the interchange as a whole in place of ``acknowledgements``. ``repeats`` is found out in the
    database: the receipt that used the control number before, which ``repeated`` then answers. ``rejected`` and ``held`` say why
    all of its documents are; held are those of a stranger.
    """

    position: int
    sender: str
    receiver: str
    control_number: str
    counts: bool = False
    rejected: str | None = None
    held: str | None = None
    acknowledgements: list[GroupReply] = field(default_factory=list)
    refusal: InterchangeAcknowledgement | None = None
    receipt: InterchangeAcknowledgement | None = None
    repeated: InterchangeAcknowledgement | None = None
    repeats: ReceiptId | None = None

    @property
    def named(self) -> list[str]:
        """Its ISA06, ISA08 and ISA13."""
        return [self.sender, self.receiver, self.control_number]

    def replies(self) -> Iterator[Reply]:
        """What its sender is answered."""
        if self.repeats is not None and self.repeated is not None:
            yield self.repeated
        elif self.refusal is not None:
            yield self.refusal
        else:
            if self.receipt is not None:
                yield self.receipt
            yield from self.acknowledgements


Report: TypeAlias = Callable[[str, Mapping[str, str]], tuple[str, bytes] | None]


class Unpacked:
    """What a file contained. ``interchanges`` are indexed by ``UnpackedDocument.interchange``, ``rejected_groups``, which says why all
    documents of a group are rejected, by ``UnpackedDocument.group``.

    ``quarantine`` or ``rejection`` is given when the file holds no document at all, and says why. ``report_on`` makes the name
    and bytes of an answer for people or spreadsheets, if one is due, from the file's name and what is to be told of its
    documents, by their ids. ``replay`` is given when an administrator had the file read anew.
    """

    def __init__(self, format_: str | None, profile_version: int, source: BlobDigest) -> None:
        self.format = format_
        self.profile_version = profile_version
        self.source = source
        self.interchanges: list[UnpackedInterchange] = []
        self.rejected_groups: dict[int, str] = {}
        self.findings: list[Finding] = []
        self.quarantine: str | None = None
        self.rejection: str | None = None
        self.report_on: Report = told_notice
        self.replay: Replay | None = None
        self._retracted: dict[int, tuple[Finding, ...]] = {}
        self._aside: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPILL_BYTES)  # noqa: SIM115
        self._documents = UnpackedDocuments(self._aside)
        # Whoever holds it last may be the transaction that takes it in.
        self.close = weakref.finalize(self, self._aside.close)

    def put(self, canonical: bytes) -> Place:
        """Put canonical JSON aside; the place reads it back."""
        return put_aside(self._aside, canonical)

    def canonical(self, document: UnpackedDocument) -> bytes | None:
        """The canonical JSON of a document, if it could be translated."""
        return None if document.place is None else read_back(self._aside, document.place)

    def add(self, document: UnpackedDocument) -> None:
        """Take a document, of which all is known but the fate of what it is a part of."""
        self._documents.append(document)

    def retract(self, position: int, fault: Finding) -> None:
        """Reject a document, counted from 0, after all."""
        self._retracted[position] = (*self._retracted.get(position, ()), fault)

    @property
    def size(self) -> int:
        """How many documents there are."""
        return len(self._documents)

    def documents(self, start: int = 0, stop: int | None = None) -> Iterator[UnpackedDocument]:
        """The documents from ``start`` on, counted from 0, up to but not with ``stop``, or all that follow."""
        for position in range(start, self.size if stop is None else min(stop, self.size)):
            yield self._settled(position, self._documents[position])

    def _settled(self, position: int, document: UnpackedDocument) -> UnpackedDocument:
        """A document with the fate of its interchange and of its group, if they have one for all, and what was found later."""
        interchange = self.interchanges[document.interchange]
        if interchange.held is not None:
            return replace(document, rejected=None, held=interchange.held, answer=None, told=NOT_AS_AGREED)
        if position in self._retracted:
            faults = self._retracted[position]
            return replace(document, rejected=faults[-1].message, findings=(*document.findings, *faults))
        of_group = None if document.group is None else self.rejected_groups.get(document.group)
        reason = document.rejected or of_group or interchange.rejected
        return replace(document, rejected=reason) if reason else document

    def replies(self) -> Iterator[Reply]:
        """What the sender is answered, interchange by interchange."""
        for interchange in self.interchanges:
            yield from interchange.replies()

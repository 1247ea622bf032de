"""Room five of the inbound path, the pure half: the bytes of a received file to documents, findings and answers.

Nothing here touches the database. The canonical JSON of a large file's documents waits in a temporary file, so that memory
grows only with what is told about them.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, TypeAlias

from canonical.document import EnvelopeReference
from canonical.documents import ANY_DOCUMENT, AnyDocument
from canonical.finding import Finding
from canonical.functional_acknowledgement import FunctionalAcknowledgement
from canonical.identity import BlobDigest, ReceiptId
from canonical.interchange_acknowledgement import InterchangeAcknowledgement

from .notice import told_notice

if TYPE_CHECKING:
    from ..operations.replay import Replay

SPILL_BYTES = 8 << 20
"""Canonical JSON of one file that is kept in memory; more goes to a temporary file."""


@dataclass(slots=True)
class UnpackedInterchange:
    """An interchange of the file, or, for CSV, the file itself.

    ``position`` counts from 1. ``counts`` is true once a document of it is to be used: only then is its control number
    spent. ``refusal`` answers the interchange as a whole in place of ``acknowledgements``. ``repeats`` is found out in the
    database: the receipt that used the control number before, which ``repeated`` then answers.
    """

    position: int
    sender: str
    receiver: str
    control_number: str
    counts: bool = False
    acknowledgements: list[FunctionalAcknowledgement] = field(default_factory=list)
    refusal: InterchangeAcknowledgement | None = None
    receipt: InterchangeAcknowledgement | None = None
    repeated: InterchangeAcknowledgement | None = None
    repeats: ReceiptId | None = None

    def replies(self) -> Iterator[AnyDocument]:
        """What its sender is answered."""
        if self.repeats is not None and self.repeated is not None:
            yield self.repeated
        elif self.refusal is not None:
            yield self.refusal
        else:
            if self.receipt is not None:
                yield self.receipt
            yield from self.acknowledgements


@dataclass(slots=True)
class UnpackedDocument:
    """One document of the file. At most one of these says that it is not for the ERP: ``rejected`` (its sender's fault, and why),
    ``held`` (an administrator must decide, and why), ``answer`` (it is itself an answer to something we sent). ``told`` is what
    its sender hears of that beyond an acknowledgement."""

    interchange: int
    set_id: str | None
    type: str
    envelope: EnvelopeReference
    test: bool
    findings: tuple[Finding, ...]
    number: str | None = None
    orders: tuple[str, ...] = ()
    business_key: str | None = None
    content_sha256: str | None = None
    place: tuple[int, int] | None = None
    rejected: str | None = None
    held: str | None = None
    told: str | None = None
    answer: FunctionalAcknowledgement | InterchangeAcknowledgement | None = None

    @property
    def usable(self) -> bool:
        return self.rejected is None and self.held is None


Report: TypeAlias = Callable[[str, Mapping[str, str]], tuple[str, bytes] | None]


class Unpacked:
    """What a file contained. ``interchanges`` are indexed by ``UnpackedDocument.interchange``.

    ``quarantine`` or ``rejection`` is given when the file holds no document at all, and says why. ``report_on`` makes the name
    and bytes of an answer for people or spreadsheets, if one is due, from the file's name and what is to be told of its
    documents, by their ids. ``replay`` is given when an administrator had the file read anew.
    """

    def __init__(self, format_: str | None, profile_version: int, source: BlobDigest) -> None:
        self.format = format_
        self.profile_version = profile_version
        self.source = source
        self.interchanges: list[UnpackedInterchange] = []
        self.documents: list[UnpackedDocument] = []
        self.findings: list[Finding] = []
        self.quarantine: str | None = None
        self.rejection: str | None = None
        self.report_on: Report = told_notice
        self.replay: Replay | None = None
        self._spill: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPILL_BYTES)  # noqa: SIM115

    def put(self, document: AnyDocument) -> tuple[int, int]:
        """Put canonical JSON aside; the place reads it back."""
        data = ANY_DOCUMENT.dump_json(document)
        start = self._spill.seek(0, 2)
        self._spill.write(data)
        return start, len(data)

    def canonical(self, document: UnpackedDocument) -> bytes | None:
        """The canonical JSON of a document, if it could be translated."""
        if document.place is None:
            return None
        self._spill.seek(document.place[0])
        return self._spill.read(document.place[1])

    def replies(self) -> Iterator[AnyDocument]:
        """What the sender is answered, interchange by interchange."""
        for interchange in self.interchanges:
            yield from interchange.replies()

    def close(self) -> None:
        self._spill.close()

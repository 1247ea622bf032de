"""What every document carries besides its business content."""

from enum import StrEnum

from pydantic import Field

from .base import Value
from .identity import BlobDigest, DocumentId, PartnerId
from .trace import Trace


class Purpose(StrEnum):
    """Why the document was sent (X12 element 353 and its like)."""

    ORIGINAL = "original"
    CANCELLATION = "cancellation"
    ADD = "add"
    DELETE = "delete"
    CHANGE = "change"
    REPLACE = "replace"
    CONFIRMATION = "confirmation"
    DUPLICATE = "duplicate"
    STATUS = "status"
    RESUBMISSION = "resubmission"
    INFORMATION = "information"
    OTHER = "other"


class EnvelopeReference(Value):
    """The control numbers under which the document travelled, as they stood in the file."""

    interchange: str | None = None
    group: str | None = None
    transaction_set: str | None = None
    version: str | None = None


class Unmapped(Value):
    """Something the source said for which the canonical model has no field, kept so that nothing is lost.

    ``source`` is the place: an element (``PO1[3]/02``), an occurrence of one that repeats (``DMG[1]/05^2``), a whole segment
    (``PO1[3]/SI[1]``), or a cell (``row 4/colour``).
    ``value`` is the text there, or the texts of a composite's components or of a segment's elements. An empty text says that
    the source left a place empty where we would have written something of our own accord.
    """

    source: str
    value: str | tuple[str, ...]


class Document(Value):
    """The head of a business document.

    ``partner`` is the trading partner on the other side, ``profile_version`` the version of its profile in force when the
    document was read or written. ``trace`` leads from a field (``lines.2.quantity``) to its place in the source
    (``PO1[3]/02``). ``source_sha256`` names the bytes the document was read from.
    """

    id: DocumentId | None = None
    purpose: Purpose = Purpose.ORIGINAL
    test: bool = False
    partner: PartnerId | None = None
    profile_version: int | None = None
    envelope: EnvelopeReference | None = None
    source_sha256: BlobDigest | None = None
    trace: Trace = Field(default_factory=dict)
    unmapped: tuple[Unmapped, ...] = ()

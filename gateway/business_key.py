"""What makes a document the same document, whatever control number it travels under (the fourth duplicate layer). Pure."""

import hashlib
from dataclasses import dataclass

from canonical.acknowledgement import PurchaseOrderAcknowledgement
from canonical.document import Purpose
from canonical.documents import ANY_DOCUMENT, AnyDocument, document_number
from canonical.order import PurchaseOrder

ORIGINAL = "1"
"""The revision of a document's first issue."""

_OF_THE_JOURNEY = {"id", "partner", "profile_version", "envelope", "source_sha256", "trace"}
"""Fields that say how a document travelled rather than what it says."""


@dataclass(frozen=True, slots=True)
class BusinessKey:
    """``revision`` is ``1`` for an original; a later word on the same document has another one."""

    document_type: str
    number: str
    revision: str

    def __str__(self) -> str:
        return "/".join((self.document_type, self.number, self.revision))


def content_digest(document: AnyDocument) -> str:
    """Lower-case hexadecimal SHA-256 over what the document says, not how it came."""
    return hashlib.sha256(ANY_DOCUMENT.dump_json(document, exclude=_OF_THE_JOURNEY)).hexdigest()


def business_key(document: AnyDocument) -> BusinessKey:
    """The key of a document.

    An original order, ship notice or invoice is known by its number alone: the same number with other content is a
    duplicate that a person must look at, never a second delivery. A purchase order acknowledgement has no number of its
    own and several for one order are normal, so its content is its revision; so it is for replacements, changes and
    cancellations.
    """
    revision = ORIGINAL
    if isinstance(document, PurchaseOrderAcknowledgement):
        revision = content_digest(document)[:16]
    elif document.purpose is not Purpose.ORIGINAL:
        revision = f"{document.purpose.value}-{content_digest(document)[:16]}"
    elif isinstance(document, PurchaseOrder) and document.release:
        revision = f"release-{document.release}"
    return BusinessKey(document.type, document_number(document), revision)

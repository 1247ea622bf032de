"""An answer about syntax only: whether a group of documents could be read. It never moves a business state."""

from enum import StrEnum
from typing import Literal

from .base import Value
from .document import Document


class SyntaxStatus(StrEnum):
    ACCEPTED = "accepted"
    ACCEPTED_WITH_ERRORS = "accepted_with_errors"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REJECTED = "rejected"


class AcknowledgementKind(StrEnum):
    """By what the documents were judged: by the standard alone (X12 997), or by a guideline made of it as well (X12 999)."""

    FUNCTIONAL = "functional"
    IMPLEMENTATION = "implementation"


class ContextName(Value):
    """What a context is called, and the value it has in the document, if any: ``BEG03`` and the number of the order."""

    name: str
    value: str | None = None


class FaultContext(Value):
    """What a fault belongs to, or what brought it about (X12 CTX): a name or several, and a place in the document.

    ``position`` counts segments from 1 at the head of the set; ``element``, ``component`` and ``repetition`` count from 1.
    """

    names: tuple[ContextName, ...] = ()
    segment: str | None = None
    position: int | None = None
    loop: str | None = None
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    reference_number: str | None = None
    component_reference_number: str | None = None


class ElementFault(Value):
    """A fault in one element. ``code`` is the standard's code for it, ``value`` a copy of the bad data."""

    position: int
    component: int | None = None
    repetition: int | None = None
    reference_number: str | None = None
    code: str
    value: str | None = None
    contexts: tuple[FaultContext, ...] = ()


class SegmentFault(Value):
    """A fault at one segment. ``position`` counts segments from 1 at the head of the set."""

    segment: str
    position: int
    loop: str | None = None
    code: str | None = None
    contexts: tuple[FaultContext, ...] = ()
    elements: tuple[ElementFault, ...] = ()


class SetAcknowledgement(Value):
    """The verdict on one document of the group. ``guideline`` is the one its head names, if it names any."""

    set_type: str
    control_number: str
    guideline: str | None = None
    status: SyntaxStatus
    codes: tuple[str, ...] = ()
    faults: tuple[SegmentFault, ...] = ()


class FunctionalAcknowledgement(Document):
    """X12 997 and 999: the verdict on one functional group. ``version`` is the one the group names.

    ``included`` is the number of sets the group claimed, ``received`` those found, ``accepted`` those accepted.
    """

    type: Literal["FunctionalAcknowledgement"] = "FunctionalAcknowledgement"
    kind: AcknowledgementKind = AcknowledgementKind.FUNCTIONAL
    functional_id: str
    group_control_number: str
    version: str | None = None
    status: SyntaxStatus
    sets: tuple[SetAcknowledgement, ...] = ()
    included: int
    received: int
    accepted: int
    codes: tuple[str, ...] = ()

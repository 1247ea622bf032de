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


class ElementFault(Value):
    """A fault in one element. ``code`` is the standard's code for it, ``value`` a copy of the bad data."""

    position: int
    component: int | None = None
    repetition: int | None = None
    reference_number: str | None = None
    code: str
    value: str | None = None


class SegmentFault(Value):
    """A fault at one segment. ``position`` counts segments from 1 at the head of the set."""

    segment: str
    position: int
    loop: str | None = None
    code: str | None = None
    elements: tuple[ElementFault, ...] = ()


class SetAcknowledgement(Value):
    """The verdict on one document of the group."""

    set_type: str
    control_number: str
    status: SyntaxStatus
    codes: tuple[str, ...] = ()
    faults: tuple[SegmentFault, ...] = ()


class FunctionalAcknowledgement(Document):
    """X12 997 and its like: the verdict on one functional group.

    ``included`` is the number of sets the group claimed, ``received`` those found, ``accepted`` those accepted.
    """

    type: Literal["FunctionalAcknowledgement"] = "FunctionalAcknowledgement"
    functional_id: str
    group_control_number: str
    status: SyntaxStatus
    sets: tuple[SetAcknowledgement, ...] = ()
    included: int
    received: int
    accepted: int
    codes: tuple[str, ...] = ()

"""What reading X12 yields, in the order of the file: the start and end of each interchange and group, and each set between.

Whatever is broken or missing, every ``InterchangeStart`` is followed by its ``InterchangeEnd``, every ``GroupStart`` by its
``GroupEnd``, so that everything with a readable sender can be answered. Findings are told once, by the event of the part they are about.
"""

from dataclasses import dataclass

from canonical.finding import Finding
from canonical.functional_acknowledgement import SyntaxStatus
from canonical.interchange_acknowledgement import InterchangeAcknowledgement

from .body import Body
from .segments import Delimiters, TransactionSet
from .verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class InterchangeHeader:
    """The elements ISA01 to ISA16 without the blanks that fill them, the delimiters, and the offset in bytes of the ISA."""

    offset: int
    delimiters: Delimiters
    authorization_qualifier: str
    authorization: str
    security_qualifier: str
    security: str
    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    date: str
    time: str
    standard: str
    version: str
    control_number: str
    acknowledgement_requested: str
    usage: str
    component_separator: str

    @property
    def test(self) -> bool:
        """Whether ISA15 marks test data."""
        return self.usage == "T"

    @property
    def wants_acknowledgement(self) -> bool:
        """Whether ISA14 asks for a TA1."""
        return self.acknowledgement_requested == "1"


@dataclass(frozen=True, slots=True)
class GroupHeader:
    """The elements GS01 to GS08 without blanks around them. All are empty where sets stood in no group at all."""

    offset: int
    functional_id: str
    sender: str
    receiver: str
    date: str
    time: str
    control_number: str
    agency: str
    version: str

    @property
    def answerable(self) -> bool:
        """Whether there was a GS, and it does not hold acknowledgements: those are never acknowledged (X12 997, purpose)."""
        return self.control_number != "" and self.functional_id != "FA"


@dataclass(frozen=True, slots=True)
class SetHeader:
    """ST01, ST02, and GS08 of the group; ``guideline`` is ST03, which exists from 004030 on."""

    set_id: str
    control_number: str
    version: str
    guideline: str = ""


@dataclass(frozen=True, slots=True)
class InterchangeStart:
    header: InterchangeHeader
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class GroupStart:
    header: GroupHeader
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class SetRead:
    """One transaction set. ``body`` is complete where ``status`` is not rejected; it is None where there is no table for the set.

    ``segment_count`` counts ST and SE; ``offset`` is that of the ST in bytes. ``by_rules`` says that only rules of the partner
    reject it: it is sound as X12 and can be read.
    """

    header: SetHeader
    body: Body | None
    findings: tuple[Finding, ...]
    status: SyntaxStatus
    codes: tuple[str, ...]
    segment_count: int
    offset: int
    by_rules: bool = False

    @property
    def readable(self) -> bool:
        """Whether the body holds all that was sent."""
        return self.body is not None and (self.by_rules or self.status is not SyntaxStatus.REJECTED)

    @property
    def tree(self) -> TransactionSet | None:
        """The body as the schema nests it."""
        return None if self.body is None else self.body.tree


@dataclass(frozen=True, slots=True)
class GroupEnd:
    """The verdict on a group: ``codes`` are those of AK905 to AK909, ``claimed`` is GE01 (None where it cannot be read).

    ``status`` rejected means that none of its sets may be used, also where the set itself is sound: what arrived is not
    certainly what was sent. ``findings`` are those of the trailer.
    """

    header: GroupHeader
    verdicts: Verdicts
    claimed: int | None
    codes: tuple[str, ...]
    status: SyntaxStatus
    findings: tuple[Finding, ...]

    @property
    def received(self) -> int:
        """AK903."""
        return len(self.verdicts)

    @property
    def accepted(self) -> int:
        """AK904."""
        if self.status is SyntaxStatus.REJECTED:
            return 0
        return self.verdicts.accepted


@dataclass(frozen=True, slots=True)
class AnswerRead:
    """A TA1: the other side's verdict on an interchange of ours; None where it cannot be read as one."""

    acknowledgement: InterchangeAcknowledgement | None
    findings: tuple[Finding, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class InterchangeEnd:
    """The verdict on the envelope: ``note`` is the code of TA105 (``000`` where nothing is wrong).

    ``status`` rejected means that nothing in the interchange may be used. ``groups`` counts those found. ``findings`` are those that
    were not told by the start.
    """

    header: InterchangeHeader
    status: SyntaxStatus
    note: str
    groups: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FileFindings:
    """What is wrong outside any interchange."""

    findings: tuple[Finding, ...]


Event = InterchangeStart | GroupStart | SetRead | GroupEnd | AnswerRead | InterchangeEnd | FileFindings

"""An interchange and a group while they are read: what has been found so far, and the verdict it leads to."""

from collections.abc import Iterable

from canonical.finding import Finding
from canonical.functional_acknowledgement import SyntaxStatus

from .dialect import IsaHead
from .envelope import GroupTable
from .events import GroupHeader, InterchangeHeader, SetRead
from .findings import Code, finding
from .lexer import RawSegment
from .limits import Limits
from .numbers_met import NumbersMet
from .segments import SegmentNode
from .verdicts import SetVerdict, Verdicts

_NUMBERS = {"BAK": 3, "BCA": 3, "BCH": 3, "BEG": 3, "BGN": 2, "BIA": 3, "BIG": 2, "BSN": 2}
"""The element of a set's first segment that is its number: the order, invoice, shipment, ..."""


def verdict_on(
    read: SetRead, status: SyntaxStatus, codes: tuple[str, ...], findings: tuple[Finding, ...]
) -> SetVerdict:
    """A verdict on a set that was read."""
    header = read.header
    number = _number(read) if findings else None
    return SetVerdict(header.set_id, header.control_number, status, codes, findings, header.guideline, number)


def _number(read: SetRead) -> tuple[str, str] | None:
    if read.tree is None or not read.tree.children:
        return None
    first = read.tree.children[0]
    if not isinstance(first, SegmentNode) or first.segment.tag not in _NUMBERS:
        return None
    position = _NUMBERS[first.segment.tag]
    text = first.segment.text(position)
    return (f"{first.segment.tag}{position:02}", text) if text else None


class OpenGroup:
    """A group that has begun. ``stray`` says that the last segment belonged to no set and that this was told; ``skipped`` counts the
    sets beyond the limit.
    """

    def __init__(self, header: GroupHeader, table: GroupTable, findings: list[Finding], limits: Limits) -> None:
        self.header = header
        self.table = table
        self.verdicts = Verdicts()
        self.findings: list[Finding] = []
        self.codes: dict[str, None] = {}
        self.stray = False
        self._numbers = NumbersMet()
        self._rejected = table.refusal is not None
        self._room = self._most = limits.envelope_findings
        self._sets = limits.group_sets
        self.skipped = 0
        self._judge(findings)

    def tell(self, findings: Iterable[Finding]) -> None:
        """Keep findings about the group itself for its end."""
        findings = list(findings)
        self._judge(findings)
        self.findings.extend(findings[: self._most - len(self.findings)])

    @property
    def full(self) -> bool:
        """Whether no further set can be answered."""
        return len(self.verdicts) >= self._sets

    @property
    def count(self) -> int:
        """The sets found."""
        return len(self.verdicts) + self.skipped

    def _judge(self, findings: Iterable[Finding]) -> None:
        for fault in findings:
            self._rejected |= fault.is_error
            element, _, code = (fault.ack_code or "").partition(":")
            if element == "AK905":
                self.codes[code] = None

    def is_repeated(self, control_number: str) -> bool:
        """Whether a set of this number was in the group before."""
        return self._numbers.meet(control_number)

    def add(self, read: SetRead) -> None:
        """Note the verdict on a set."""
        reported = tuple(fault for fault in read.findings if (fault.ack_code or "").startswith(("AK3", "AK4")))
        reported = reported[: self._room]
        self._room -= len(reported)
        self.verdicts.add(verdict_on(read, read.status, read.codes, reported))

    def status(self) -> SyntaxStatus:
        """The verdict: AK901."""
        verdicts = self.verdicts
        if self._rejected or (verdicts and not verdicts.accepted):
            return SyntaxStatus.REJECTED
        if verdicts.accepted < len(verdicts):
            return SyntaxStatus.PARTIALLY_ACCEPTED
        return SyntaxStatus.ACCEPTED if verdicts.spotless else SyntaxStatus.ACCEPTED_WITH_ERRORS


class OpenInterchange:
    """An interchange that has begun."""

    def __init__(self, isa: IsaHead, header: InterchangeHeader, findings: list[Finding], limits: Limits) -> None:
        self.isa = isa
        self.header = header
        self.groups = 0
        self.answers = 0
        self.findings: list[Finding] = []
        self.stray = False
        self._told: set[Code] = set()
        self._most = limits.envelope_findings
        self._error: str | None = None
        self._warning: str | None = None
        self.judge(findings)

    def tell(self, findings: Iterable[Finding]) -> None:
        """Keep findings about the envelope for its end."""
        findings = list(findings)
        self.judge(findings)
        self.findings.extend(findings[: self._most - len(self.findings)])

    def judge(self, findings: Iterable[Finding]) -> None:
        """Let findings count towards the verdict, those that are about the envelope."""
        for fault in findings:
            element, _, code = (fault.ack_code or "").partition(":")
            if element == "TA105" and fault.is_error:
                self._error = self._error or code
            elif element == "TA105":
                self._warning = self._warning or code

    def verdict(self) -> tuple[SyntaxStatus, str]:
        """TA104 and TA105."""
        if self._error:
            return SyntaxStatus.REJECTED, self._error
        if self._warning:
            return SyntaxStatus.ACCEPTED_WITH_ERRORS, self._warning
        return SyntaxStatus.ACCEPTED, "000"

    @property
    def line_breaks_untold(self) -> bool:
        return Code.LINE_BREAKS not in self._told

    def look_around(self, raw: RawSegment, encoding: str | None) -> None:
        """Tell, once each, what is odd about how segments stand in the file. ``encoding`` is the one agreed for text, if any."""
        if raw.before.strip(b"\r\n") or raw.padded:
            message = "There is white space before segments or before their terminators. It was taken off."
            self._tell_once(Code.WHITE_SPACE, message, raw.offset)
        if raw.before and self.isa.terminator not in b"\r\n":
            message = "Line breaks follow the segment terminators. They were taken off; that is harmless."
            self._tell_once(Code.LINE_BREAKS, message, raw.offset)
        if not raw.data:
            message = "There are segment terminators with nothing between them. They were passed over and not counted."
            self._tell_once(Code.EMPTY_SEGMENT, message, raw.offset)
        if not raw.data.isascii():
            how = encoding.upper() if encoding else "UTF-8 or ISO 8859-1"
            message = f"There are characters beyond ASCII, which not every partner can read. They were read as {how}."
            self._tell_once(Code.NON_ASCII, message, raw.offset)
        if not raw.terminated:
            message = "The last segment has no terminator. Check that the file was not cut off."
            self._tell_once(Code.UNTERMINATED_SEGMENT, message, raw.offset)

    def _tell_once(self, code: Code, message: str, offset: int) -> None:
        if code not in self._told:
            self._told.add(code)
            self.findings.append(finding(code, message, offset=offset))

"""The whole file: interchanges, groups and sets, whatever state they are in. Bytes in, events out, in bounded memory.

Text is decoded a segment at a time, so that offsets always count bytes: in the encoding that was agreed, or, where none was, as
UTF-8 where its bytes are valid UTF-8 and as ISO 8859-1 otherwise, so that any byte can be read.
"""

import re
from collections.abc import Iterable, Iterator

from canonical.finding import Finding

from .envelope import NO_GROUP, GroupTable, check_ge, check_iea, check_st, read_gs, read_isa, read_ta1
from .events import (
    AnswerRead,
    Event,
    FileFindings,
    GroupEnd,
    GroupStart,
    InterchangeEnd,
    InterchangeStart,
    SetHeader,
)
from .findings import Code, finding
from .lexer import PATIENCE, BadHead, BadHeads, Head, Junk, Lexer, LongSegment, Mark, RawSegment, Run, Token
from .limits import DEFAULT, Limits
from .lines import Line, read_line
from .progress import OpenGroup, OpenInterchange
from .tables import STANDARD, Tables
from .validate import SetValidator

_PIECE = 1 << 16
_SIGNATURE = 4
"""Bytes of the file's start that tell an encoding."""
_X12_SEGMENT = re.compile(rb"(?:GS|GE|ST|SE|IEA|TA1)[^A-Za-z0-9\s]")
_TRAILERS = {"SE": "ST", "GE": "GS"}


def read(
    chunks: Iterable[bytes], limits: Limits = DEFAULT, *, encoding: str | None = None, tables: Tables = STANDARD
) -> Iterator[Event]:
    """The events of a file given in pieces of any size, judged by ``tables``.

    ``encoding`` is the one agreed for text beyond ASCII, by Python's name.
    """
    reader = Reader(limits, encoding=encoding, tables=tables)
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            yield from reader.feed(chunk[start : start + _PIECE])
    yield from reader.close()


class Reader:
    """The push form of :func:`read`."""

    def __init__(self, limits: Limits = DEFAULT, *, encoding: str | None = None, tables: Tables = STANDARD) -> None:
        self._limits = limits
        self._encoding = encoding
        self._tables = tables
        self._lexer = Lexer(limits)
        self._interchange: OpenInterchange | None = None
        self._group: OpenGroup | None = None
        self._set: SetValidator | None = None
        self._junk: Junk | None = None
        self._found = False
        self._size = 0
        self._start = b""

    def feed(self, data: bytes) -> Iterator[Event]:
        """Events that are certain with ``data``. Take them all before feeding more."""
        if len(self._start) < _SIGNATURE:
            self._start = (self._start + data)[:_SIGNATURE]
        self._size += len(data)
        for token in self._lexer.feed(data):
            yield from self._token(token)

    def close(self) -> Iterator[Event]:
        """What is left at the end of the file; every open part is ended."""
        for token in self._lexer.close():
            yield from self._token(token)
        yield from self._end_interchange(None, self._size)
        if self._found:
            yield from self._tell_junk()
        else:
            yield FileFindings((self._no_interchange(),))

    def _token(self, token: Token) -> Iterator[Event]:
        match token:
            case Run():
                self._run(token)
            case RawSegment():
                yield from self._raw(token)
            case Head():
                yield from self._end_interchange(None, token.offset)
                yield from self._tell_junk()
                yield from self._begin_interchange(token)
            case LongSegment():
                self._long(token)
            case BadHead():
                yield from self._end_interchange(None, token.offset)
                yield from self._tell_junk()
                self._found = True
                yield FileFindings((_unreadable(token),))
            case BadHeads():
                yield FileFindings((_too_many_unreadable(token),))
            case Junk():
                self._junk = token
            case Mark():
                message = "The file begins with a byte order mark, which X12 does not know. It was passed over."
                yield FileFindings((finding(Code.BYTE_ORDER_MARK, message, offset=token.offset),))

    def _tell_junk(self) -> Iterator[Event]:
        if self._junk is not None:
            yield FileFindings((_junk(self._junk),))
            self._junk = None

    def _begin_interchange(self, head: Head) -> Iterator[Event]:
        self._found = True
        header, findings = read_isa(head.isa, head.offset)
        self._interchange = OpenInterchange(head.isa, header, findings, self._limits)
        yield InterchangeStart(header, tuple(findings))

    def _run(self, run: Run) -> None:
        interchange = self._interchange
        assert interchange is not None
        if self._set is not None and not (run.broken and interchange.line_breaks_untold):
            self._set.run(run)

    def _raw(self, raw: RawSegment) -> Iterator[Event]:
        interchange = self._interchange
        assert interchange is not None
        interchange.look_around(raw, self._encoding)
        if not raw.data:
            return
        line = read_line(raw, interchange.isa, self._encoding)
        match line.tag:
            case "ST":
                yield from self._begin_set(line)
            case "SE" if self._set is not None:
                yield from self._end_set(line, line.offset)
            case "GS":
                yield from self._begin_group(line)
            case "GE" if self._group is not None:
                yield from self._end_group(line, line.offset)
            case "IEA":
                yield from self._end_interchange(line, line.offset)
            case "TA1" if self._group is None:
                yield self._answer(line, interchange)
            case _ if self._set is not None:
                self._set.segment(line)
            case _:
                self._stray(line.tag, line.offset, interchange)

    def _long(self, token: LongSegment) -> None:
        assert self._interchange is not None
        isa = self._interchange.isa
        tag = token.sample.split(isa.element)[0][:10].decode("latin-1")
        if self._set is not None:
            self._set.long_segment(tag, token.offset, token.size)
        else:
            self._stray(tag, token.offset, self._interchange)

    def _stray(self, tag: str, offset: int, interchange: OpenInterchange) -> None:
        """A segment where none may be; those that follow it at once are the same fault."""
        tag = tag[:10]
        if self._group is not None:
            if not self._group.stray:
                self._group.tell([_misplaced(tag, offset, "between transaction sets", Code.OUTSIDE_SET, None)])
            self._group.stray = True
        else:
            if not interchange.stray:
                interchange.tell([_misplaced(tag, offset, "between groups", Code.OUTSIDE_GROUP, "TA105:022")])
            interchange.stray = True

    def _answer(self, line: Line, interchange: OpenInterchange) -> AnswerRead:
        interchange.answers += 1
        acknowledgement, findings = read_ta1(line)
        return AnswerRead(acknowledgement, tuple(findings), line.offset)

    def _begin_group(self, line: Line) -> Iterator[Event]:
        yield from self._end_group(None, line.offset)
        assert self._interchange is not None
        header, table, findings = read_gs(line, self._tables)
        self._interchange.groups += 1
        self._interchange.stray = False
        self._interchange.judge(findings)
        self._group = OpenGroup(header, table, findings, self._limits)
        yield GroupStart(header, tuple(findings))

    def _begin_set(self, line: Line) -> Iterator[Event]:
        yield from self._end_set(None, line.offset)
        if self._group is None:
            yield self._group_that_is_missing(line)
        group = self._group
        assert group is not None
        group.stray = False
        if group.full:
            self._skip_set(line, group)
            return
        header = SetHeader(line.text(1), line.text(2), group.header.version, line.text(3))
        findings = check_st(line, header, group.header, group.table)
        if group.is_repeated(header.control_number):
            findings.append(_repeated(line, header))
        self._set = SetValidator(header, line, group.table, findings, self._limits)

    def _skip_set(self, line: Line, group: OpenGroup) -> None:
        """A set too many is counted; its segments are passed over as if they belonged to it."""
        if not group.skipped:
            message = f"The group has more than {self._limits.group_sets} transaction sets; the rest was not read. Split it into several."
            group.tell([finding(Code.GROUP_TOO_LARGE, message, path="ST", segment="ST", offset=line.offset)])
        group.skipped += 1
        group.stray = True

    def _group_that_is_missing(self, line: Line) -> GroupStart:
        """A group in the place of the one whose GS is missing, so that its sets are not lost from sight."""
        assert self._interchange is not None
        message = (
            "A transaction set begins without a group: the segment GS before it is missing. It cannot be acknowledged "
            "nor used. Send the interchange again with GS and GE."
        )
        fault = finding(
            Code.SET_OUTSIDE_GROUP, message, path="GS", segment="GS", offset=line.offset, ack_code="TA105:024"
        )
        self._interchange.judge([fault])
        self._group = OpenGroup(NO_GROUP, GroupTable(None, ""), [fault], self._limits)
        return GroupStart(NO_GROUP, (fault,))

    def _end_set(self, trailer: Line | None, end: int) -> Iterator[Event]:
        if self._set is None:
            return
        assert self._group is not None
        read = self._tables.judged(self._set.finish(trailer, end))
        self._set = None
        self._group.add(read)
        yield read

    def _end_group(self, trailer: Line | None, end: int) -> Iterator[Event]:
        if self._group is None:
            return
        yield from self._end_set(None, end)
        group = self._group
        claimed = None
        if group.header is not NO_GROUP:
            claimed, findings = check_ge(trailer, group.header, group.count, end)
            group.tell(findings)
        self._group = None
        yield GroupEnd(group.header, group.verdicts, claimed, tuple(group.codes), group.status(), tuple(group.findings))

    def _end_interchange(self, trailer: Line | None, end: int) -> Iterator[Event]:
        interchange = self._interchange
        if interchange is None:
            return
        yield from self._end_group(None, end)
        interchange.tell(check_iea(trailer, interchange.header, interchange.groups, interchange.answers, end))
        self._interchange = None
        status, note = interchange.verdict()
        yield InterchangeEnd(interchange.header, status, note, interchange.groups, tuple(interchange.findings))

    def _no_interchange(self) -> Finding:
        if self._size == 0:
            why = "It is empty."
        elif self._start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in self._start:
            why = "It seems to be UTF-16; send it as ASCII or UTF-8."
        elif self._start.startswith(b"\xc9\xe2\xc1"):
            why = "It seems to be EBCDIC; send it as ASCII or UTF-8."
        elif self._junk is not None and _X12_SEGMENT.match(self._junk.sample):
            why = "It begins with other segments; send the whole interchange from ISA to IEA."
        else:
            why = "It is no X12, or not an interchange."
        return finding(
            Code.NO_INTERCHANGE, f"The file has no ISA segment, with which every interchange begins. {why}", offset=0
        )


def _unreadable(token: BadHead) -> Finding:
    message = (
        "Something begins like an ISA segment, but its delimiters cannot be made out. It was passed over up to the next "
        "ISA. An ISA has 16 elements and ends in a segment terminator."
    )
    return finding(
        Code.UNREADABLE_ISA,
        message,
        path="ISA",
        segment="ISA",
        value=token.sample.decode("latin-1"),
        offset=token.offset,
        ack_code="TA105:026",
    )


def _too_many_unreadable(token: BadHeads) -> Finding:
    message = (
        f"This is the {PATIENCE}th text that begins like an ISA segment and is none. From here on only an ISA of exactly 106 characters is "
        "looked for, so that a broken file does not keep the others waiting. Send interchanges that begin otherwise in a file "
        "of their own."
    )
    return finding(Code.UNREADABLE_ISA, message, path="ISA", segment="ISA", offset=token.offset, ack_code="TA105:026")


def _junk(token: Junk) -> Finding:
    sample = token.sample.decode("latin-1")
    if _X12_SEGMENT.match(token.sample):
        message = f"{token.size} bytes of X12 segments stand outside any interchange. Send them again, from ISA to IEA."
        return finding(Code.DATA_OUTSIDE, message, value=sample, offset=token.offset)
    message = f"{token.size} bytes that belong to no interchange were passed over. Send nothing but interchanges."
    return finding(Code.JUNK, message, value=sample, offset=token.offset)


def _misplaced(tag: str, offset: int, where: str, code: Code, ack_code: str | None) -> Finding:
    if tag in _TRAILERS:
        code = Code.TRAILER_WITHOUT_HEADER
        message = f"There is a trailer {tag} without its header {_TRAILERS[tag]}. What it ends cannot be told."
    else:
        message = (
            f"The segment {tag!r} stands {where}, where it belongs to nothing. A segment before it was probably lost."
        )
    return finding(code, message, path=tag, segment=tag, offset=offset, ack_code=ack_code)


def _repeated(line: Line, header: SetHeader) -> Finding:
    message = (
        f"The control number {header.control_number} (ST02) was used before in this group, so that an acknowledgement cannot "
        "tell the two apart. Number sets without repetition."
    )
    return finding(
        Code.SET_CONTROL_NUMBER_REPEATED,
        message,
        path="ST/02",
        segment="ST",
        segment_index=1,
        element=2,
        value=header.control_number,
        offset=line.offset_of(2),
        ack_code="AK502:23",
    )

"""Bytes to rows of fields, piece by piece: memory does not grow with the file, and no bytes are too strange.

Lines end in LF, CR LF or CR. Quoted fields follow RFC 4180: quotes inside are doubled, line ends and delimiters allowed. A quote
inside an unquoted value (``5" pipe``) is data. Blanks around unquoted values are dropped; quoted values are exact.

A row that cannot be read is yielded with its fault and with whatever fields could be made out; reading goes on with the next
line, so that one forgotten quote does not swallow the file.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .findings import Code, shown

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
HEAD_BYTES = 16
_LINE_END = re.compile(rb"\r\n|\n|\r")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How rows are written: one-character delimiter and quote (empty: no quoting), and a codec that is a superset of ASCII."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"

    @property
    def blanks(self) -> str:
        return " " if self.delimiter == "\t" else " \t"


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row cannot be read. ``index`` is the field (from 0) where that can be told, ``offset`` is in bytes in the file."""

    code: Code
    message: str
    index: int | None = None
    offset: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``number`` is the line of the file it begins on (from 1), ``size`` its bytes."""

    number: int
    offset: int
    size: int
    fields: list[str]
    fault: RowFault | None = None

    @property
    def is_blank(self) -> bool:
        return self.fault is None and not any(self.fields)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands. ``data`` is only its beginning when ``too_long``."""

    number: int
    offset: int
    data: bytes
    end: bytes = b""
    too_long: bool = False


def lines(chunks: Iterable[bytes], limit: int) -> Iterator[Line]:
    """The lines of a stream, however it is cut into chunks, with at most ``limit`` bytes of each."""
    number, offset, pending, dropped = 1, 0, b"", 0
    for chunk in chunks:
        buffer = pending + chunk
        start = 0
        for end in _LINE_END.finditer(buffer):
            if end.group() == b"\r" and end.end() == len(buffer):
                break  # perhaps the first half of CR LF
            data = buffer[start : end.start()]
            yield Line(number, offset, data[:limit], end.group(), too_long=bool(dropped) or len(data) > limit)
            number, offset, dropped = number + 1, offset + dropped + end.end() - start, 0
            start = end.end()
        pending = buffer[start:]
        if len(pending) > limit + 1:
            dropped += len(pending) - limit - 1
            pending = pending[:limit] + pending[-1:]  # the last byte may be half of CR LF
    if pending or dropped:
        stripped = pending.removesuffix(b"\r")
        yield Line(number, offset, stripped[:limit], too_long=bool(dropped) or len(stripped) > limit)


class _Fields:
    """Splits one row that may go on over several lines. Feed it line by line until it is no longer ``open``."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.fields: list[str] = []
        self.quoted: list[str] | None = None
        self.fault: RowFault | None = None

    @property
    def open(self) -> bool:
        return self.quoted is not None and self.fault is None

    def feed(self, text: str) -> None:
        position: int | None = 0
        while position is not None and self.fault is None:
            position = self._unquoted(text, position) if self.quoted is None else self._quoted(text, position)

    def _unquoted(self, text: str, position: int) -> int | None:
        start = position
        while start < len(text) and text[start] in self.dialect.blanks:
            start += 1
        if self.dialect.quote and text.startswith(self.dialect.quote, start):
            self.quoted = []
            return start + 1
        end = text.find(self.dialect.delimiter, position)
        self.fields.append(text[position : end if end >= 0 else len(text)].strip(self.dialect.blanks))
        return end + 1 if end >= 0 else None

    def _quoted(self, text: str, position: int) -> int | None:
        assert self.quoted is not None
        quote = self.dialect.quote
        end = text.find(quote, position)
        if end < 0:
            self.quoted.append(text[position:])
            return None
        if text.startswith(quote, end + 1):
            self.quoted.append(text[position : end + 1])
            return end + 2
        self.quoted.append(text[position:end])
        after = end + 1
        while after < len(text) and text[after] in self.dialect.blanks:
            after += 1
        if after < len(text) and text[after] != self.dialect.delimiter:
            self.fault = self._stray_quote(text[after:])
            return None
        self.fields.append("".join(self.quoted))
        self.quoted = None
        return after + 1 if after < len(text) else None

    def _stray_quote(self, rest: str) -> RowFault:
        quote = self.dialect.quote
        return RowFault(
            Code.BAD_QUOTE,
            f"After the closing {quote} comes '{shown(rest)}' instead of '{self.dialect.delimiter}'. "
            f"A {quote} inside a quoted value must be doubled: {quote}{quote}.",
            index=len(self.fields),
            value="".join(self.quoted or []),
        )


class Rows:
    """The rows of a stream. ``limit`` bounds the bytes of a row; ``head`` is how the file begins, once a row was read."""

    head: bytes = b""

    def __init__(self, chunks: Iterable[bytes], dialect: Dialect, limit: int) -> None:
        self._lines = lines(chunks, limit)
        self._again: deque[Line] = deque()
        self._dialect = dialect
        self._limit = limit
        self._quote = dialect.quote.encode("ascii")

    def __iter__(self) -> Iterator[Row]:
        while (line := self._next()) is not None:
            yield self._row(line)

    def _next(self) -> Line | None:
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None or line.offset > 0:
            return line
        self.head = line.data[:HEAD_BYTES]
        if self._dialect.encoding != "utf-8":
            return line
        data = line.data.removeprefix(BYTE_ORDER_MARK)
        return Line(line.number, len(line.data) - len(data), data, line.end, line.too_long)

    def _row(self, line: Line) -> Row:
        text, fault = self._decode(line)
        if line.too_long:
            fault = RowFault(
                Code.ROW_TOO_LONG,
                f"The row is longer than {self._limit} bytes; the rest of it was not read. Is a line end or a quote missing?",
                offset=line.offset,
            )
        if not self._quote or self._quote not in line.data or line.too_long:
            fields = self._split(text)
            return Row(line.number, line.offset, len(line.data), fields, fault or _control(fields, line))
        return self._quoted_row(line, text, fault)

    def _quoted_row(self, line: Line, text: str, fault: RowFault | None) -> Row:
        splitter = _Fields(self._dialect)
        splitter.feed(text)
        taken, size, last = [], len(line.data), line
        while splitter.open:
            following = self._next()
            if following is not None:
                taken.append(following)
            if following is None or following.too_long or size + len(following.data) > self._limit:
                self._again.extendleft(reversed(taken))
                return self._never_closed(line, text, len(splitter.fields))
            more, further = self._decode(following)
            if fault is None and further is not None:
                fault = replace(further, index=None)
            splitter.feed(last.end.decode("ascii") + more)
            size, last = size + len(last.end) + len(following.data), following
        if splitter.fault is not None:
            self._again.extendleft(reversed(taken))
            return Row(line.number, line.offset, len(line.data), self._split(text), fault or splitter.fault)
        return Row(line.number, line.offset, size, splitter.fields, fault or _control(splitter.fields, line))

    def _never_closed(self, line: Line, text: str, index: int) -> Row:
        quote = self._dialect.quote
        message = (
            f"A value begins with {quote} but no closing {quote} follows. Close it, or double a {quote} that belongs to "
            "the value."
        )
        fields = self._split(text)
        value = fields[index] if index < len(fields) else None
        fault = RowFault(Code.UNBALANCED_QUOTE, message, index=index, offset=line.offset, value=value)
        return Row(line.number, line.offset, len(line.data), fields, fault)

    def _split(self, text: str) -> list[str]:
        """The fields of a text without regard to quotes: exact for rows that have none, a best effort for broken ones."""
        blanks = self._dialect.blanks
        return [field.strip(blanks) for field in text.split(self._dialect.delimiter)]

    def _decode(self, line: Line) -> tuple[str, RowFault | None]:
        try:
            return line.data.decode(self._dialect.encoding), None
        except UnicodeDecodeError as error:
            if line.too_long:
                return line.data.decode(self._dialect.encoding, "replace"), None
            before = line.data[: error.start].decode(self._dialect.encoding, "replace")
            offset = line.offset + error.start
            fault = RowFault(
                Code.WRONG_ENCODING,
                f"The byte 0x{line.data[error.start]:02X} at offset {offset} is not {self._dialect.encoding}. "
                f"Save the file as {self._dialect.encoding}, or agree another encoding.",
                index=self._field_at(before),
                offset=offset,
            )
            return line.data.decode(self._dialect.encoding, "replace"), fault

    def _field_at(self, before: str) -> int | None:
        """The field that a row is in after the text ``before``; unknown inside quotes of an earlier line."""
        splitter = _Fields(self._dialect)
        splitter.feed(before)
        if splitter.fault is not None:
            return None
        return len(splitter.fields) - (0 if splitter.open else 1)


def _control(fields: list[str], line: Line) -> RowFault | None:
    for index, field in enumerate(fields):
        found = CONTROL.search(field)
        if found is not None:
            return RowFault(
                Code.CONTROL_CHARACTER,
                f"The value holds the control character 0x{ord(found.group()):02X}; it cannot be text. Remove it.",
                index=index,
                offset=line.offset,
                value=CONTROL.sub("\N{REPLACEMENT CHARACTER}", field),
            )
    return None

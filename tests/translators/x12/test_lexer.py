"""Bytes to tokens: whatever the pieces, the same tokens; whatever the bytes, bounded memory."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from translators.x12 import lexer as lexing
from translators.x12.dialect import FIXED_ISA, ISA_LENGTH, IsaHead, NoHead, read_head
from translators.x12.lexer import (
    PATIENCE,
    BadHead,
    BadHeads,
    Head,
    Junk,
    Lexer,
    LongSegment,
    Mark,
    RawSegment,
    Run,
    Token,
)
from translators.x12.limits import Limits

from .samples import ISA, an_interchange, joined

TIGHT = Limits(segment_bytes=40)


def tokens(data: bytes, cuts: list[int] | None = None, limits: Limits = TIGHT) -> list[Token]:
    lexer = Lexer(limits)
    read: list[Token] = []
    edges = [0, *sorted(cuts or []), len(data)]
    for start, end in itertools.pairwise(edges):
        read.extend(lexer.feed(data[start:end]))
    read.extend(lexer.close())
    # A run of which nobody takes anything comes again as tokens of its own.
    return [token for token in read if not isinstance(token, Run)]


def texts(data: bytes) -> list[bytes]:
    return [token.data for token in tokens(data) if isinstance(token, RawSegment)]


WHOLE = joined([ISA, "IEA*0*000000042"])
PIECES = [
    b"", b" ", b"\r\n", b"~", b"*", b"ISA", b"ISA*", b"IEA", b"IEA*1*1~", b"GS*PO~", b"ST*850*0001~", b"\xef\xbb\xbf", b"\xe2\x80\xa6",
    b"junk", b"\x00", b"x" * 30, b"y" * 60, WHOLE, WHOLE[:-5], WHOLE[:50], joined([ISA]), joined([ISA], "\n"), joined([ISA], "\r\n"),
    joined([ISA.replace("*", "|")], "!"), ISA.replace(" ", "").encode() + b"~GS*", ISA.encode() + b"\xe2\x80\xa6GS*PO\xe2\x80\xa6",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join), st.lists(st.integers(0, 600), max_size=6))
@example(joined([ISA]) + b"GS*PO~~~", [])
@example(joined([ISA], "\u2026") + b"GS*PO\xe2\x80\xa6\xe2\x80\xa6\xe2\x80\xa6ST*850", [])
@example(joined([ISA]) + b"~~" + WHOLE[:-1] + b"~" + joined([ISA]) + b"~~", [])
@settings(max_examples=400, deadline=None)
def test_pieces_do_not_matter(data: bytes, cuts: list[int]) -> None:
    whole = tokens(data)
    assert tokens(data, [min(cut, len(data)) for cut in cuts]) == whole
    assert tokens(data, list(range(len(data)))) == whole


@given(st.binary(max_size=300))
def test_nothing_escapes_whatever_the_bytes(data: bytes) -> None:
    tokens(data)
    tokens(WHOLE[:-20] + data)


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join))
@settings(max_examples=200, deadline=None)
def test_places_are_places_in_the_file(data: bytes) -> None:
    for token in tokens(data):
        if isinstance(token, RawSegment) and token.data and b"\n" not in token.data:
            assert data[token.offset :].startswith(token.data) or b"\n" in data[token.offset :]
        elif isinstance(token, Head):
            assert data[token.offset :].startswith(b"ISA")
        elif isinstance(token, Junk):
            assert data[token.offset :].startswith(token.sample)
            assert token.offset + token.size <= len(data)


@pytest.mark.parametrize(
    ("terminator", "element", "component"),
    [
        ("~", "*", ">"),
        ("\n", "*", ":"),
        ("\r", "|", "^"),
        ("\x1c", "\x1d", "\x1f"),
        ("'", "+", ":"),
        ("!", "~", "*"),
        ("…", "*", ":"),
    ],
)
def test_delimiters_come_from_the_isa(terminator: str, element: str, component: str) -> None:
    isa = ISA[:-1].replace("*", element) + component
    data = joined([isa, f"GS{element}PO", f"IEA{element}1{element}2"], terminator)
    head, *rest = tokens(data)
    assert isinstance(head, Head)
    assert (head.isa.delimiters.element, head.isa.delimiters.component) == (element, component)
    assert head.isa.delimiters.segment == terminator
    assert head.isa.fixed_width
    assert [token.data for token in rest if isinstance(token, RawSegment)] == [
        f"GS{element}PO".encode(),
        f"IEA{element}1{element}2".encode(),
    ]


@pytest.mark.parametrize(
    "isa",
    [
        "ISA*00**00**ZZ*SUPPLIER*01*123456789*260304*1516*U*00401*000000042*0*T*>",
        "ISA*00* *00* *ZZ*SUPPLIER *01*123456789 *260304*1516*U*00401*000000042*0*T*>",
        ISA.replace("SUPPLIER", "A SUPPLIER WITH A LONG NAME"),
        ISA.replace("*T*>", "*T*> "),
    ],
)
@pytest.mark.parametrize("terminator", ["~", "\n", "\r\n", "~\r\n"])
def test_an_isa_of_other_widths(isa: str, terminator: str) -> None:
    data = joined([isa, "GS*PO", "ST*850", "IEA*1*2"], terminator)
    head, *rest = tokens(data)
    assert isinstance(head, Head)
    assert not head.isa.fixed_width
    assert head.isa.elements[15] == ">"
    assert [token.data for token in rest if isinstance(token, RawSegment)] == [b"GS*PO", b"ST*850", b"IEA*1*2"]


@pytest.mark.parametrize("count", [15, 17])
def test_an_isa_with_too_few_or_too_many_elements(count: int) -> None:
    isa = ISA.replace("*00*          *ZZ", "*00*ZZ") if count == 15 else ISA.replace("*T*>", "*T*X*>")
    head = tokens(joined([isa, "GS*PO", "IEA*1*2"]))[0]
    assert isinstance(head, Head)
    assert len(head.isa.elements) == count
    assert head.isa.delimiters.component == ">"


@pytest.mark.parametrize("width", [40, 72, 80, 100])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_file_cut_into_lines(width: int, line_end: bytes) -> None:
    data = joined([ISA, "GS*PO*SUPPLIER*DISTRIBUTOR", "ST*850*0001", "IEA*1*000000042"])
    lines = line_end.join(data[at : at + width] for at in range(0, len(data), width))
    read = tokens(lines, limits=Limits())
    assert isinstance(read[0], Head)
    assert [token.data for token in read if isinstance(token, RawSegment)] == [
        b"GS*PO*SUPPLIER*DISTRIBUTOR",
        b"ST*850*0001",
        b"IEA*1*000000042",
    ]


def test_white_space_is_taken_off_and_told() -> None:
    data = joined([ISA, "\r\n  GS*PO", "\r\n\tST*850*0001", "\nIEA*1*2\n"])
    raw = [token for token in tokens(data) if isinstance(token, RawSegment)]
    assert [(token.data, token.before, token.padded) for token in raw] == [
        (b"GS*PO", b"\r\n  ", False),
        (b"ST*850*0001", b"\r\n\t", False),
        (b"IEA*1*2", b"\n", True),
    ]


def test_interchanges_with_other_delimiters_and_junk_between() -> None:
    other = ISA.replace("*", "|").replace(">", ":")
    data = joined([ISA, "IEA*0*1"]) + b"\r\n-- next --\r\n" + joined([other, "IEA|0|1"], "\n") + b"\x1a\x00\r\n"
    first, _, junk, second, last = tokens(data)
    assert isinstance(first, Head)
    assert isinstance(second, Head)
    assert isinstance(last, RawSegment)
    assert second.isa.delimiters.segment == "\n"
    assert isinstance(junk, Junk)
    assert junk.sample == b"-- next --\r\n"
    assert data[junk.offset : junk.offset + junk.size] == b"-- next --\r\n"


@pytest.mark.parametrize("tail", [b"", b"\n", b"N1*ST*COMPA", b"IEA*1*000000042", b"x" * 100, b"x" * 1000])
def test_an_interchange_that_lost_its_end_does_not_swallow_the_next(tail: bytes) -> None:
    other = joined([ISA.replace("*", "|").replace(">", ":"), "GS|PO", "IEA|0|1"], "\n")
    read = tokens(joined([ISA, "GS*PO"]) + tail + other)
    assert [type(token) for token in read if isinstance(token, Head)] == [Head, Head]
    assert [token.data for token in read if isinstance(token, RawSegment)][-2:] == [b"GS|PO", b"IEA|0|1"]


def test_a_segment_beyond_the_limit_is_counted_and_passed_over() -> None:
    data = joined([ISA, "GS*PO", "N1*" + "x" * 3_000, "ST*850", "IEA*1*2"])
    long = [token for token in tokens(data) if isinstance(token, LongSegment)]
    assert [(token.sample[:4], token.size) for token in long] == [(b"N1*x", 3_003)]
    assert texts(data) == [b"GS*PO", b"ST*850", b"IEA*1*2"]


def test_the_limit_itself_is_allowed() -> None:
    assert texts(joined([ISA, "N" * 40, "N" * 41])) == [b"N" * 40]


@pytest.mark.parametrize("start", [joined([ISA]), b"", b"ISA*00*", b"ISA", joined([ISA]) + b"ISA"])
def test_memory_stays_bounded(start: bytes) -> None:
    lexer = Lexer()
    list(lexer.feed(start))
    for _ in range(200):
        list(lexer.feed(b"x" * 65_536))
        assert len(lexer._buffer) <= (1 << 20) + 70_000


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (b"", []),
        (b"   \r\n", []),
        (b"\xef\xbb\xbf", [Mark]),
        (b"\xef\xbb\xbf" + WHOLE, [Mark, Head, RawSegment]),
        (b"hello", [Junk]),
        (b"VISA*12 is no ISA", [Junk]),
        (b"ISA", [Junk]),
        (b"ISA-95 is a standard", [BadHead]),
        (b"some text\nISA-95 is a standard, ISA-88 too", [Junk, BadHead]),
        (b"ISA-95 " + WHOLE, [BadHead, Head, RawSegment]),
        (WHOLE[:ISA_LENGTH], [Head]),
        (WHOLE[: ISA_LENGTH - 1], [BadHead]),
        (WHOLE[:60], [BadHead]),
        (WHOLE[:-1], [Head, RawSegment]),
        (WHOLE + WHOLE, [Head, RawSegment, Head, RawSegment]),
        (WHOLE + b"IEA*1*2~", [Head, RawSegment, Junk]),
    ],
)
def test_what_is_not_an_interchange(data: bytes, kinds: list[type]) -> None:
    assert [type(token) for token in tokens(data)] == kinds


LOOSE = b"ISA*00**00**ZZ*A*ZZ*B*261121*0646*U*00401*1*0*T*>~GS*PO~IEA*1*1~"
"""An interchange whose ISA is not filled up to its widths."""
FAKES = [b"ISA*", b"ISA*00*", b"ISA*00*          *00*", b"ISA*00*          *00*\n", b"ISA****************"]


@pytest.mark.parametrize("fake", FAKES)
def test_a_file_full_of_bad_heads_is_soon_read(fake: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the clock: it is counted how often a head is looked at closely."""
    looks = 0

    def counted(data: bytes, *, final: bool) -> IsaHead | NoHead:
        nonlocal looks
        looks += 1
        return read_head(data, final=final)

    monkeypatch.setattr(lexing, "read_head", counted)
    found = tokens(fake * 5000 + WHOLE + fake * 5000)
    assert looks <= PATIENCE + 1
    assert [type(token) for token in found][:4] == [BadHead, BadHeads, Head, RawSegment]


@given(st.binary(min_size=1, max_size=3), st.integers(0, ISA_LENGTH + 2))
def test_what_the_pattern_of_the_standard_form_finds_is_read(put: bytes, at: int) -> None:
    """Wherever it says that there is an ISA there is one, so that nothing found is looked at in vain."""
    data = WHOLE[:at] + put + WHOLE[at + len(put) :] + b"x" * ISA_LENGTH
    found = FIXED_ISA.match(data)
    if found is not None:
        head = read_head(data, final=True)
        assert isinstance(head, IsaHead)
        assert head.fixed_width
    if put == WHOLE[at : at + len(put)]:
        assert found is not None


def test_after_many_bad_heads_only_the_standard_form_is_looked_for() -> None:
    few, many = b"ISA-95 " * (PATIENCE - 1), b"ISA-95 " * PATIENCE
    assert [type(token) for token in tokens(few + LOOSE)][:2] == [BadHead, Head]
    assert [type(token) for token in tokens(many + LOOSE)] == [BadHead, BadHeads]
    assert [type(token) for token in tokens(many + LOOSE + WHOLE)] == [BadHead, BadHeads, Head, RawSegment]


def test_good_interchanges_between_do_not_begin_the_count_anew() -> None:
    spread = (b"ISA-95 " * 60 + WHOLE) * 2
    assert [type(token) for token in tokens(spread + LOOSE)] == [
        *(BadHead, Head, RawSegment),
        *(BadHead, BadHeads, Head, RawSegment),
        Junk,
    ]


def test_the_end_of_the_file_ends_the_segment() -> None:
    *_, last = tokens(joined(an_interchange([]))[:-1])
    assert isinstance(last, RawSegment)
    assert not last.terminated

"""Bytes to rows: the tables say what is a field, a line, and a fault with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.flat.findings import Code
from translators.flat.rows import Dialect, Row, Rows, lines

COMMA = Dialect()
LIMIT = 100


def rows(data: bytes, dialect: Dialect = COMMA, limit: int = LIMIT) -> list[Row]:
    return list(Rows([data], dialect, limit))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"a,b\n", [["a", "b"]], id="plain"),
        pytest.param(b"a,b", [["a", "b"]], id="no line end at the end"),
        pytest.param(b"a\r\nb\nc\rd", [["a"], ["b"], ["c"], ["d"]], id="any line end"),
        pytest.param(b"a,,\n", [["a", "", ""]], id="blank fields"),
        pytest.param(b" a ,\tb\t\n", [["a", "b"]], id="blanks around values are dropped"),
        pytest.param(b'" a ",b\n', [[" a ", "b"]], id="blanks in quotes are kept"),
        pytest.param(b'"a,b",c\n', [["a,b", "c"]], id="delimiter in quotes"),
        pytest.param(b'"say ""hi""",c\n', [['say "hi"', "c"]], id="doubled quotes"),
        pytest.param(b'"",b\n', [["", "b"]], id="empty quotes"),
        pytest.param(b'"one\r\ntwo",b\nc\n', [["one\r\ntwo", "b"], ["c"]], id="line end in quotes"),
        pytest.param(b'5" pipe,b\n', [['5" pipe', "b"]], id="a quote inside an unquoted value is data"),
        pytest.param(b'a, "b" ,c\n', [["a", "b", "c"]], id="blanks around quotes"),
        pytest.param(b'a,"b"', [["a", "b"]], id="quoted at the end of the file"),
        pytest.param(b'"a",\n', [["a", ""]], id="blank after quoted"),
        pytest.param(b"\xef\xbb\xbfa,b\n", [["a", "b"]], id="byte order mark"),
        pytest.param("é,ü\n".encode(), [["é", "ü"]], id="utf-8"),
    ],
)
def test_fields(data: bytes, expected: list[list[str]]) -> None:
    assert [row.fields for row in rows(data)] == expected
    assert all(row.fault is None for row in rows(data))


@pytest.mark.parametrize(
    ("data", "number", "code", "index", "offset"),
    [
        pytest.param(b"a\nb,caf\xe9,c\n", 2, Code.WRONG_ENCODING, 1, 7, id="not utf-8"),
        pytest.param(b"\xef\xbb\xbfa\n\xff\n", 2, Code.WRONG_ENCODING, 0, 5, id="offset counts the byte order mark"),
        pytest.param(b"a\nb,\x00c\n", 2, Code.CONTROL_CHARACTER, 1, 2, id="NUL"),
        pytest.param(b"a\nb,\x1b[0m\n", 2, Code.CONTROL_CHARACTER, 1, 2, id="escape"),
        pytest.param(b'a\nb,"c\nd,e\n', 2, Code.UNBALANCED_QUOTE, 1, 2, id="quote never closed"),
        pytest.param(b'a\nb,"c"d,e\n', 2, Code.BAD_QUOTE, 1, None, id="text after the closing quote"),
        pytest.param(b"a\n" + b"x" * (LIMIT + 1) + b"\n", 2, Code.ROW_TOO_LONG, None, 2, id="too long"),
        pytest.param(b'a\nb,"' + b"x\n" * LIMIT + b'"\n', 2, Code.UNBALANCED_QUOTE, 1, 2, id="quoted value too long"),
    ],
)
def test_faults(data: bytes, number: int, code: Code, index: int | None, offset: int | None) -> None:
    faulty = next(row for row in rows(data) if row.fault is not None)
    assert faulty.fault is not None
    assert (faulty.number, faulty.fault.code, faulty.fault.index, faulty.fault.offset) == (number, code, index, offset)


def test_a_forgotten_quote_costs_one_row() -> None:
    found = rows(b'a,"b\nc,d\ne,f\n')
    assert [(row.number, row.fault is None, row.fields) for row in found] == [
        (1, False, ["a", '"b']),
        (2, True, ["c", "d"]),
        (3, True, ["e", "f"]),
    ]


def test_lines_taken_for_a_quoted_value_that_turns_out_broken_are_read_again() -> None:
    found = rows(b'a,"b\nc"d,e\nf,g\n')
    assert [(row.number, row.fault is None, row.fields) for row in found] == [
        (1, False, ["a", '"b']),
        (2, True, ['c"d', "e"]),
        (3, True, ["f", "g"]),
    ]


def test_rows_after_a_value_over_several_lines_keep_their_line_numbers() -> None:
    assert [row.number for row in rows(b'"a\nb\nc",d\ne,f\n')] == [1, 4]


def test_the_rest_of_an_endless_line_is_not_kept() -> None:
    found = list(lines((b"x" * 50 for _ in range(1000)), LIMIT))
    assert [(line.number, len(line.data), line.too_long) for line in found] == [(1, LIMIT, True)]


def test_lines_after_an_endless_line_have_their_offset() -> None:
    found = list(lines([b"x" * 500, b"y" * 500, b"\nnext"], LIMIT))
    assert [(line.number, line.offset) for line in found] == [(1, 0), (2, 1001)]


TAB = Dialect("\t", "", "cp1252")


def test_without_a_quote_character_quotes_are_data() -> None:
    assert rows(b'5"\t"x"\n\xe9\t\n', TAB) == [Row(1, 0, 6, ['5"', '"x"']), Row(2, 7, 2, ["é", ""])]


crumbs = st.lists(
    st.sampled_from([b"a", b",", b'"', b'""', b"\n", b"\r\n", b"\r", b" ", b"\x00", b"\xff", b"\xc3\xa9", b"x" * 30]),
    max_size=60,
).map(b"".join)


@given(crumbs)
def test_byte_by_byte_equals_whole(data: bytes) -> None:
    single = (data[index : index + 1] for index in range(len(data)))
    assert list(Rows(single, COMMA, LIMIT)) == rows(data)


@given(crumbs | st.binary(max_size=300))
def test_every_line_is_in_exactly_one_row(data: bytes) -> None:
    count = len(list(lines([data], LIMIT)))
    numbers = [row.number for row in rows(data)]
    assert numbers == sorted(set(numbers))
    assert numbers[:1] == ([1] if count else [])
    assert all(number <= count for number in numbers)

"""Content-Type and Content-Disposition as products write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime import parameters
from gateway.as2.mime.headers import headers
from gateway.as2.mime.parameters import LONGEST, filename, read_parametered, written_parameter


@pytest.mark.parametrize(
    ("text", "value", "parameters"),
    [
        ("text/plain", "text/plain", {}),
        ("", "", {}),
        (" Multipart/Signed ; Boundary=abc", "multipart/signed", {"boundary": "abc"}),
        ('a/b;x="1";y=2', "a/b", {"x": "1", "y": "2"}),
        ("a/b; boundary=----=_Part_8_13", "a/b", {"boundary": "----=_Part_8_13"}),
        ('a/b; boundary="_=33Sterling;33"', "a/b", {"boundary": "_=33Sterling;33"}),
        (r'a/b; name="a\"b\\c"', "a/b", {"name": 'a"b\\c'}),
        ("a/b; x = 1 ; ; y", "a/b", {"x": "1"}),
        ("a/b; x=1; x=2", "a/b", {"x": "1"}),
        ('a/b; x="open', "a/b", {"x": "open"}),
        ("a/b;\r\n\tboundary=x", "a/b", {"boundary": "x"}),
        ("a/b; filename*=UTF-8''%C3%A9.edi; filename=e.edi", "a/b", {"filename": "é.edi"}),
        ("a/b; filename*0=one; filename*1*=%20two", "a/b", {"filename": "one two"}),
        ("a/b; filename*=nonsense''%E9", "a/b", {"filename": "é"}),
        ("a/b; filename*=x", "a/b", {"filename": "x"}),
        ("a/b; filename*=windows-1252''%80", "a/b", {"filename": "\u20ac"}),
        ("a/b; filename*=ISO-8859-15''%A4", "a/b", {"filename": "\u20ac"}),
        ("a/b; filename*=UTF-16BE''%20%AC", "a/b", {"filename": "\u20ac"}),
    ],
)
def test_values_and_parameters(text: str, value: str, parameters: dict[str, str]) -> None:
    read = read_parametered(text)
    assert (read.value, {name: read.parameter(name) for name in parameters}) == (value, parameters)
    assert {name.partition("*")[0] for name in read.written} == set(parameters)


@pytest.mark.parametrize(
    ("pairs", "name"),
    [
        ([], None),
        ([("Content-Disposition", "attachment")], None),
        ([("Content-Disposition", 'attachment; filename="../po.edi"')], "../po.edi"),
        ([("Content-Type", "application/edi-x12; name=po.edi")], "po.edi"),
        ([("Content-Type", "a/b; name=x"), ("Content-Disposition", "attachment; filename=y")], "y"),
    ],
)
def test_the_name_of_a_file(pairs: list[tuple[str, str]], name: str | None) -> None:
    assert filename(headers(pairs)) == name


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_parameter_is_read_as_it_was_written(value: str) -> None:
    read = read_parametered("attachment; " + written_parameter("filename", value))
    assert read.parameter("filename") == value


@pytest.mark.parametrize("number", ["9" * 4400, "9" * 5, "\u0663", "\xb2", "-1", "0x1"])
def test_what_is_no_number_of_a_continuation_is_none(number: str) -> None:
    read = read_parametered(f"a/b; n*{number}=x; m=y")
    assert (read.parameter("n"), read.parameter("m")) == (None, "y")


@pytest.mark.parametrize(
    "charset", ["idna", "punycode", "unicode_escape", "utf-7", "zlib", "rot13", "iso-8859-99", "utf-8 ", "\u0663"]
)
def test_a_sender_chooses_no_codec_but_those_of_character_sets(charset: str) -> None:
    assert read_parametered(f"a/b; n*={charset}''xn--%E9").parameter("n") == "xn--\xe9"


def test_only_the_parameter_that_is_asked_for_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []

    def counted(text: str) -> bytes:
        decoded.append(text.encode())
        return decoded[-1]

    monkeypatch.setattr(parameters, "unquote_to_bytes", counted)
    read = read_parametered("a/b; one*=utf-8''1; " + "".join(f"other*{number}*=x; " for number in range(1000)))
    assert (read.parameter("one"), decoded) == ("1", [b"1"])


@pytest.mark.parametrize("name", ["n", "n*", "n*0"])
def test_a_parameter_is_looked_at_only_so_far(name: str) -> None:
    assert read_parametered(f"a/b; {name}={'x' * (LONGEST + 1)}").parameter("n") == "x" * LONGEST


NAMES = st.sampled_from(["n", "n*", "n*0", "n*0*", "n*1*", "n*10000", "n**", "*n", "n*" + "9" * 4400])
VALUES = st.text(max_size=20) | st.sampled_from(["utf-8''%E9", "idna''xn--a", "''", "'", "utf-16''%00"])


@given(
    st.text() | st.lists(st.tuples(NAMES, VALUES)).map(lambda found: "a/b" + "".join(f"; {n}={v}" for n, v in found))
)
def test_any_text_is_read(text: str) -> None:
    read = read_parametered(text)
    for name in {"n", *read.written}:
        read.parameter(name)

"""Content-Type and Content-Disposition as products write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime.headers import headers
from gateway.as2.mime.parameters import filename, read_parametered, written_parameter


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
    ],
)
def test_values_and_parameters(text: str, value: str, parameters: dict[str, str]) -> None:
    read = read_parametered(text)
    assert (read.value, read.parameters) == (value, parameters)


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
    assert read.parameters == {"filename": value}


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    read_parametered(text)

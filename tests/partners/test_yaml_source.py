"""YAML is read as text at known lines, and no file is a bomb."""

import pytest

from partners.yaml_source import read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("01", "01"),
        ("004010", "004010"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("no", "no"),
        ("true", "true"),
        ("1.50", "1.50"),
        ("2024-01-31", "2024-01-31"),
        ('"01"', "01"),
        ("''", ""),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_a_value_is_the_text_that_was_written(written: str, value: str | None) -> None:
    source = read(f"key: {written}\n".encode())
    assert source.value == {"key": value}
    assert not source.faults


@pytest.mark.parametrize(
    ("written", "value"), [("3", 3), ("-3", -3), ("0", 0), ("03", "03"), ('"3"', "3"), ("3.0", "3.0"), ("yes", "yes")]
)
def test_plain_whole_numbers_can_be_told_from_quoted_ones(written: str, value: object) -> None:
    source = read(f"a: {written}\n".encode())
    assert source.typed((), source.value) == {"a": value}


def test_lines_are_those_of_the_key_or_the_item() -> None:
    source = read(b"a: 1\n\nb:\n  - x\n  - c: 1\n    d:\n      - 2\n")
    assert [source.line(path) for path in [("a",), ("b",), ("b", 0), ("b", 1, "c"), ("b", 1, "d", 0)]] == [
        1,
        3,
        4,
        5,
        7,
    ]
    assert source.line(("b", 1, "missing", "deeper")) == 5
    assert source.line(()) == 1


def test_every_duplicate_is_told_and_the_first_counts() -> None:
    source = read(b"a: 1\nb: {c: 1, c: 2}\na: 2\n")
    assert source.value == {"a": "1", "b": {"c": "1"}}
    assert [(fault.line, fault.path) for fault in source.faults] == [(2, ("b", "c")), (3, ("a",))]


def test_aliases_are_taken() -> None:
    assert read(b"a: &x [1, 2]\nb: *x\n").value == {"a": ["1", "2"], "b": ["1", "2"]}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "unfolds to more than 20000 values or 24 levels."),
        ("a: &a [*a]\n", "unfolds to more than 20000 values or 24 levels."),
        ("[" * 100_000, "is nested more than 24 levels deep."),
        ("- " * 100_000, "is nested more than 24 levels deep."),
        ("{a: " * 50_000, "is nested more than 24 levels deep."),
        ("a: !!python/object/apply:os.system [ls]\n", "has a YAML tag, which a profile never needs."),
        ("a: !!binary aGk=\n", "has a YAML tag, which a profile never needs."),
        ("? [a]\n: b\n", "a key must be plain text."),
        (
            "a: 1\n---\nb: 2\n",
            "cannot be read as YAML: but found another document, expected a single document in the stream.",
        ),
        ('a: "\\ud800"\n', "contains a character that no text has (NUL or half of a surrogate pair)."),
        ('a: "\\0"\n', "contains a character that no text has (NUL or half of a surrogate pair)."),
    ],
    ids=lambda text: text[:30],
)
def test_what_no_profile_needs_is_refused(text: str, message: str) -> None:
    assert [fault.message for fault in read(text.encode()).faults] == [message]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a:\n\tb: 1\n", "Indent with blanks, not tabs."),
        ("a: b: c\n", "Check the indentation, and quote a value that contains a colon."),
        ('a: "\\UFFFFFFFF"\n', "Look for an escape such as \\U in quotes."),
    ],
)
def test_the_usual_slips_get_a_hint(text: str, hint: str) -> None:
    assert [fault.hint for fault in read(text.encode()).faults] == [hint]


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read("\ufeffa: 1\n".encode()).value == {"a": "1"}

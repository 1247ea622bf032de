"""Types, lengths, codes and relational notes, an element at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.x12.elements import check_element, check_note, check_segment
from translators.x12.proofs import proof
from translators.x12.schema import CompositeDef, ElementDef, Note, SegmentDef, Use, dictionary

TEXT = ElementDef("93", "AN", 2, 5, None)
CODE = ElementDef("353", "ID", 2, 2, frozenset({"00", "05"}))
FOREIGN = ElementDef("26", "ID", 2, 3, None)
DATE = ElementDef("373", "DT", 8, 8, None)
SHORT_DATE = ElementDef("I08", "DT", 6, 6, None)
TIME = ElementDef("337", "TM", 4, 8, None)
REAL = ElementDef("212", "R", 1, 6, None)
WHOLE = ElementDef("28", "N0", 2, 4, None)
MONEY = ElementDef("610", "N2", 1, 5, None)
BINARY = ElementDef("785", "B", 1, None, None)

PAIR = CompositeDef("C001", (Use(TEXT, True), Use(CODE, False)), ())


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        (TEXT, "ab"),
        (TEXT, "a b-é"),
        (CODE, "05"),
        (FOREIGN, "US"),
        (FOREIGN, "840"),
        (DATE, "20240229"),
        (SHORT_DATE, "240229"),
        (TIME, "0000"),
        (TIME, "2359"),
        (TIME, "235959"),
        (TIME, "2359591"),
        (TIME, "23595999"),
        (REAL, "1"),
        (REAL, "-1.5"),
        (REAL, ".5"),
        (REAL, "5."),
        (REAL, "-123.456"),
        (WHOLE, "0012"),
        (WHOLE, "-1234"),
        (MONEY, "-5"),
        (BINARY, "\x00\x01*"),
    ],
)
def test_good_values(definition: ElementDef, text: str) -> None:
    assert check_element(definition, text, ">", "X") is None


@pytest.mark.parametrize(
    ("definition", "text", "code", "ack"),
    [
        (TEXT, "a", "element-too-short", "4"),
        (TEXT, "abcdef", "element-too-long", "5"),
        (TEXT, "a\tb", "invalid-character", "6"),
        (TEXT, "a\x00b", "invalid-character", "6"),
        (TEXT, "a>b", "component-separator-in-text", "6"),
        (CODE, "06", "invalid-code", "7"),
        (CODE, "5", "element-too-short", "4"),
        (CODE, "005", "element-too-long", "5"),
        (FOREIGN, "A", "element-too-short", "4"),
        (FOREIGN, "A\x01", "invalid-character", "6"),
        (DATE, "240229", "element-too-short", "4"),
        (DATE, "20230229", "invalid-date", "8"),
        (DATE, "2024-2-9", "invalid-date", "8"),
        (DATE, "00000101", "invalid-date", "8"),
        (SHORT_DATE, "241301", "invalid-date", "8"),
        (TIME, "2400", "invalid-time", "9"),
        (TIME, "1260", "invalid-time", "9"),
        (TIME, "12301", "invalid-time", "9"),
        (TIME, "1230XX", "invalid-time", "9"),
        (TIME, "123", "element-too-short", "4"),
        (REAL, "1,5", "invalid-character", "6"),
        (REAL, "1E5", "invalid-character", "6"),
        (REAL, "+1", "invalid-character", "6"),
        (REAL, "٣", "invalid-character", "6"),
        (REAL, "1234.567", "element-too-long", "5"),
        (WHOLE, "1.5", "invalid-character", "6"),
        (WHOLE, "1", "element-too-short", "4"),
        (WHOLE, "-12345", "element-too-long", "5"),
        (MONEY, "12.34", "invalid-character", "6"),
    ],
)
def test_bad_values(definition: ElementDef, text: str, code: str, ack: str) -> None:
    problem = check_element(definition, text, ">", "X")
    assert problem is not None
    assert (problem.code, problem.ack, problem.value) == (code, ack, text)
    assert repr(text)[1:-1] in problem.message or code in ("invalid-character", "component-separator-in-text")


@pytest.mark.parametrize(
    ("text", "hint"), [("ea", "capitals: EA"), ("EA ", "exactly 2"), ("XX", "not in the code list of element 355")]
)
def test_a_wrong_code_says_what_to_do(text: str, hint: str) -> None:
    problem = check_element(dictionary("004010").elements["355"], text, ">", "PO103")
    assert problem is not None
    assert hint in problem.message


def test_a_short_code_list_is_told() -> None:
    problem = check_element(CODE, "99", ">", "BEG01")
    assert problem is not None
    assert problem.message.endswith("Allowed are: 00, 05.")


@pytest.mark.parametrize(
    ("note", "given_elements", "element", "ack"),
    [
        ("P0203", "", None, None),
        ("P0203", "23", None, None),
        ("P0203", "2", 3, "2"),
        ("P0203", "3", 2, "2"),
        ("P020304", "24", 3, "2"),
        ("R0203", "", 2, "2"),
        ("R0203", "3", None, None),
        ("R0203", "23", None, None),
        ("E0203", "", None, None),
        ("E0203", "2", None, None),
        ("E0203", "23", 3, "10"),
        ("C0203", "", None, None),
        ("C0203", "3", None, None),
        ("C0203", "2", 3, "2"),
        ("C0203", "23", None, None),
        ("C020304", "23", 4, "2"),
        ("L020304", "", None, None),
        ("L020304", "34", None, None),
        ("L020304", "2", 3, "2"),
        ("L020304", "24", None, None),
    ],
)
def test_relational_notes(note: str, given_elements: str, element: int | None, ack: str | None) -> None:
    positions = tuple(int(note[at : at + 2]) for at in range(1, len(note), 2))
    texts = [("x" if str(position) in given_elements else "") for position in range(1, 5)]
    problem = check_note(Note(note[0], positions), texts, "ABC")
    assert (problem and (problem.element, problem.ack)) == ((element, ack) if element else None)


@given(
    st.sampled_from("PRECL"),
    st.lists(st.integers(1, 6), min_size=2, max_size=4, unique=True),
    st.lists(st.booleans(), max_size=8),
)
def test_notes_agree_with_their_definition(kind: str, positions: list[int], there: list[bool]) -> None:
    texts = ["x" if given_ else "" for given_ in there]
    has = [position <= len(there) and there[position - 1] for position in positions]
    holds = {
        "P": all(has) or not any(has),
        "R": any(has),
        "E": sum(has) <= 1,
        "C": not has[0] or all(has[1:]),
        "L": not has[0] or any(has[1:]),
    }[kind]
    assert (check_note(Note(kind, tuple(positions)), texts, "ABC") is None) == holds


COMPOSITE = CompositeDef("C1", (Use(CODE, True), Use(TEXT, False), Use(TEXT, False)), (Note("P", (2, 3)),))
SEGMENT = SegmentDef(
    "ABC", (Use(CODE, True), Use(TEXT, False), Use(COMPOSITE, False), Use(REAL, False)), (Note("C", (2, 4)),)
)


@pytest.mark.parametrize(
    ("elements", "faults"),
    [
        (["00"], []),
        (["00", "ab", "", "1"], []),
        (["00", "", "05:ab:cd"], []),
        (["00", "", "05"], []),
        (["", "", "", "1"], [("missing-element", 1, None, "1")]),
        (["00", "ab"], [("conditional-element-missing", 4, None, "2")]),
        (["00", "", ":ab:cd"], [("missing-element", 3, 1, "1")]),
        (["00", "", "07"], [("invalid-code", 3, 1, "7")]),
        (["00", "", "05:ab"], [("conditional-element-missing", 3, 3, "2")]),
        (["00", "", "05:ab:cd:ef"], [("too-many-elements", 3, 4, "3")]),
        (["00", "", "", "1", "x"], [("too-many-elements", 5, None, "3")]),
        (["00", "", "", "1", "", "", "x", "y"], [("too-many-elements", 7, None, "3")]),
        (["00", "", "", "1", "", ""], [("trailing-separators", 6, None, None)]),
        (["00", ""], [("trailing-separators", 2, None, None)]),
        (["07", "a", "", "x"], [("invalid-code", 1, None, "7"), ("element-too-short", 2, None, "4"), ("invalid-character", 4, None, "6")]),
        ([], [("missing-element", 1, None, "1")]),
        (["", ""], [("missing-element", 1, None, "1")]),
    ],
)  # fmt: skip
def test_whole_segments(elements: list[str], faults: list[tuple[str, int, int | None, str | None]]) -> None:
    problems = check_segment(SEGMENT, elements, ":")
    assert [(problem.code.value, problem.element, problem.component, problem.ack) for problem in problems] == faults


def test_a_missing_element_is_told_once_though_a_note_wants_it_too() -> None:
    definition = SegmentDef("ABC", (Use(TEXT, True), Use(TEXT, False)), (Note("P", (1, 2)), Note("C", (2, 1))))
    assert [problem.code.value for problem in check_segment(definition, ["", "ab"], ":")] == ["missing-element"]


def test_a_note_between_components_names_them() -> None:
    (problem,) = check_segment(SEGMENT, ["00", "", "05:ab"], ":")
    assert problem.message == "ABC03-3 is missing: ABC03-2, ABC03-3 must be sent together or not at all."


def test_a_missing_component_is_told_once_though_a_note_wants_it_too() -> None:
    composite = CompositeDef("C2", (Use(TEXT, True), Use(TEXT, False)), (Note("P", (1, 2)),))
    definition = SegmentDef("ABC", (Use(composite, False),), ())
    problems = check_segment(definition, [":ab"], ":")
    assert [(problem.code.value, problem.element, problem.component) for problem in problems] == [
        ("missing-element", 1, 1)
    ]


def test_a_segment_of_optional_elements_only_may_not_be_empty() -> None:
    definition = SegmentDef("ABC", (Use(TEXT, False),), ())
    assert [problem.code.value for problem in check_segment(definition, [], ":")] == ["segment-without-data"]


REPEATING = SegmentDef(
    "ABC",
    (Use(TEXT, False), Use(CODE, False, 2), Use(PAIR, False, 3), Use(PAIR, False), Use(WHOLE, False, 0)),
    (),
)


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        (("ab", "00^05", "ab>05^ab^cd"), []),
        (("", "", "", "", "^".join(["12"] * 50)), []),
        (("", "00^^05", "ab^"), [("too-many-repetitions", 2, None, "12")]),
        (("a^b",), [("repetition-separator-in-text", 1, None, "12")]),
        (("abc^def",), [("too-many-repetitions", 1, None, "12")]),
        (("", "00^07"), [("invalid-code", 2, None, "7")]),
        (("", "07^00"), [("invalid-code", 2, None, "7")]),
        (("", "00^05^00"), [("too-many-repetitions", 2, None, "12")]),
        (("", "", "ab>07^ab>00>1>2"), [("invalid-code", 3, 2, "7"), ("too-many-elements", 3, 3, "3")]),
        (("", "", "", "ab>05^ab"), [("too-many-repetitions", 4, None, "12")]),
        (("a", "00^07", "ab>07"), [("element-too-short", 1, None, "4"), ("invalid-code", 2, None, "7"), ("invalid-code", 3, 2, "7")]),
    ],
)  # fmt: skip
def test_every_occurrence_of_an_element_is_judged(
    elements: tuple[str, ...], expected: list[tuple[str, int, int | None, str]]
) -> None:
    found = check_segment(REPEATING, elements, ">", "^")
    assert [(each.code, each.element, each.component, each.ack) for each in found] == expected


def test_without_a_repetition_separator_nothing_repeats() -> None:
    assert [each.code for each in check_segment(REPEATING, ("a^b", "00^05"), ">")] == ["element-too-long"]


@pytest.mark.parametrize("blanks", [" ", "   "])
def test_blanks_alone_are_no_mandatory_element(blanks: str) -> None:
    """Else an invoice without a number is taken in under the number of blanks."""
    definition = dictionary("004010").segments["BIG"]
    elements = ["20260304", blanks, "", blanks]
    (problem,) = check_segment(definition, elements, ">")
    assert (problem.code, problem.element, problem.ack) == ("missing-element", 2, "1")
    assert not proof(definition)(["BIG", *elements])
    assert check_segment(definition, ["20260304", "17", "", blanks], ">") == []

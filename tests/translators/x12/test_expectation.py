"""What was expected at the place of a finding, in words."""

import pytest

from canonical.finding import Finding, Severity
from translators.x12.check import check
from translators.x12.elements import place
from translators.x12.expectation import codes, expected, form
from translators.x12.schema import ElementDef, dictionary

from .samples import one

VERSION = "004010"


def facts(body: tuple[str, ...], set_id: str = "850") -> dict[str, str]:
    """What was expected where the first finding is."""
    report = check([one(set_id, body)])
    finding, context = report.findings[0], report.contexts[0]
    assert context.transaction_set is not None
    return {fact.label: fact.text for fact in expected(finding, context.version, context.transaction_set.set_id)}


BEG, CTT = "BEG*00*SA*4500123**20260304", "CTT*1"


def test_of_an_element_its_name_form_codes_requirement_and_place() -> None:
    assert facts((BEG, "PO1*1*10*QQ*2.5", CTT)) == {
        "element": "PO103, unit of measure (element 355)",
        "expected": "a code, 2 characters",
        "codes": "EA each, CA case, BX box, CT carton, PK pack, PC piece, PL pallet, LB pound, and 786 more",
        "required": "no, but it demands PO102",
        "place": "in loop PO1[1]; the loop PO1 must be there, up to 100000 times",
    }


def test_of_a_component_that_of_the_component() -> None:
    told = facts((BEG, "PO1*1*10", "MEA***1*EA>X", CTT))
    assert told["element"] == "MEA04-2, exponent (element 1018)"
    assert told["expected"] == "a number, with a point if need be, 1 to 15 digits"
    assert "codes" not in told


def test_of_a_missing_segment_what_it_is_and_where_it_belongs() -> None:
    assert facts(("PO1*1*10", CTT)) == {
        "segment": "BEG, head of a purchase order",
        "place": "in 850, outside any loop; BEG must be there, once",
    }


def test_of_a_segment_in_loops_the_loops() -> None:
    told = facts((BEG, "PO1*1*10", "N1*ST*A", "N4*B*QQQ", CTT))
    assert told["place"] == "in loop N1[1], in loop PO1[1]; N4 may be left out, once"


def test_of_an_unknown_segment_only_its_tag() -> None:
    assert facts((BEG, "ZZZ*1", "PO1*1*10", CTT)) == {"segment": "ZZZ"}


@pytest.mark.parametrize(
    ("segment", "element", "required"),
    [
        ("BEG", 1, "always"),
        ("PO1", 1, "no, it may be left out"),
        ("PO1", 6, "together with PO107, or none of them"),
        ("N1", 2, "it or N103"),
        ("N1", 3, "it or N102; together with N104, or none of them"),
        ("QTY", 2, "not together with QTY04; it or QTY04"),
        ("TD1", 1, "no, but it demands TD102"),
        ("TD1", 2, "where TD101 is sent"),
        ("PID", 4, "no, but it demands PID03; it or PID05; where PID08 is sent"),
        ("CUR", 9, "no, but it demands CUR07"),
        ("CUR", 11, "it or CUR12, where CUR10 is sent; no, but it demands CUR10"),
    ],
)
def test_a_relational_note_from_the_point_of_view_of_an_element(segment: str, element: int, required: str) -> None:
    finding = Finding(code="x", severity=Severity.ERROR, message="x", segment=segment, element=element)
    told = {fact.label: fact.text for fact in expected(finding, VERSION, "")}
    assert told["required"] == required


FORMS = {
    ("AN", 1, 30): "text, 1 to 30 characters",
    ("AN", 1, 1): "text, 1 character",
    ("ID", 2, 3): "a code, 2 to 3 characters",
    ("DT", 8, 8): "a date, CCYYMMDD",
    ("DT", 6, 6): "a date, YYMMDD",
    ("TM", 4, 8): "a time: HHMM, perhaps with seconds, 4 to 8 characters",
    ("R", 1, 10): "a number, with a point if need be, 1 to 10 digits",
    ("N0", 1, 9): "a whole number, 1 to 9 digits",
    ("N2", 1, 15): "a whole number whose last 2 digits are decimals, 1 to 15 digits",
    ("B", 1, None): "binary data, at least 1 character",
}


@pytest.mark.parametrize(("definition", "words"), FORMS.items(), ids=str)
def test_types_and_lengths_in_words(definition: tuple[str, int, int | None], words: str) -> None:
    kind, minimum, maximum = definition
    assert form(ElementDef("1", kind, minimum, maximum, None)) == words


@pytest.mark.parametrize(
    ("number", "listed", "words"),
    [
        ("I14", {"P", "T", "I"}, "P production, T test, I information"),
        ("I14", {"P", "X"}, "P production, and 1 more"),
        ("no such", {"B", "A"}, "A, B"),
        ("no such", set("ABCDEFGHIJ"), "A, B, C, D, E, F, G, H, and 2 more"),
    ],
)
def test_codes_with_our_words_come_first_and_the_rest_is_counted(number: str, listed: set[str], words: str) -> None:
    assert codes(ElementDef(number, "ID", 1, 3, frozenset(listed))) == words


@pytest.mark.parametrize("version", ["004010", "005010", "004010VICS", "003020", ""])
def test_every_element_of_every_segment_can_be_explained_in_any_version(version: str) -> None:
    for tag, definition in dictionary(VERSION).segments.items():
        for position in range(1, len(definition.uses) + 2):
            for component in (None, 1, 99):
                finding = Finding(
                    code="x", severity=Severity.ERROR, message="x", segment=tag, element=position, component=component
                )
                assert expected(finding, version, ""), place(tag, position)


def test_of_a_finding_without_segment_nothing_is_expected() -> None:
    assert expected(Finding(code="x", severity=Severity.NOTE, message="x"), VERSION, "850") == ()

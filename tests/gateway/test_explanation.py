"""Findings explained: put together by kind, worst first, each with its place, what was expected and what to do."""

import io

import pytest

from canonical.finding import Finding, Severity
from gateway.checking import Checked, check
from gateway.explanation import OWN_ADVICE, Explanation, advice, explanations, place
from translators.x12.check import Context

from .house import House, csv, csv_invoice, invoice, wrapped

UNIT = "IT1*{number}*1*QQ*5"


def explained(data: bytes, *, together: bool = True) -> list[Explanation]:
    file = io.BytesIO(data)
    return list(explanations(check(file, "file.edi", None), file, together=together))


def many(count: int) -> bytes:
    lines = "\n".join(UNIT.format(number=number) for number in range(count))
    return wrapped("810", f"BIG*20261121*A\n{lines}\nTDS*{500 * count}\nCTT*{count}")


def test_findings_of_one_kind_are_one_explanation_that_counts_them() -> None:
    [found] = explained(many(12))
    assert (found.first.path, found.count) == ("IT1[1]/03", 12)
    assert found.others == tuple(f"IT1[{number}]/03 in 0001" for number in range(2, 7))


def test_or_each_is_one_when_all_are_wanted() -> None:
    found = explained(many(12), together=False)
    assert [each.first.path for each in found] == [f"IT1[{number}]/03" for number in range(1, 13)]
    assert {each.count for each in found} == {1}


def test_another_element_is_another_kind() -> None:
    body = "BIG*20261121*A\nIT1*1*1*QQ*5**QQ*X\nTDS*500\nCTT*1"
    assert [each.first.element for each in explained(wrapped("810", body))] == [3, 6]


def test_errors_come_first_and_otherwise_the_order_of_the_file() -> None:
    body = "BIG*20261121*A\nIT1*1*1*EA*5\nIT1*2*1*QQ*5\nTDS*1000\nCTT*2"
    found = explained(wrapped("810", body).replace(b"~", b"~\n  "))
    assert [each.first.severity for each in found] == sorted(
        (each.first.severity for each in found), key=[Severity.ERROR, Severity.WARNING, Severity.NOTE].index
    )
    assert len({each.first.severity for each in found}) == 3


def test_an_explanation_has_everything() -> None:
    [found] = explained(many(1))
    assert found.where == f"segment 3 of the 810 0001, byte {many(1).index(b'QQ')}"
    assert found.passage is not None
    assert found.passage.text == "IT1*0*1*QQ*5"
    assert [fact.label for fact in found.facts] == ["element", "expected", "codes", "required", "place"]
    assert found.todo.startswith("Send a code of the list.")


def test_a_row_is_explained_by_its_cell(house: House) -> None:
    file = io.BytesIO(csv(csv_invoice("A"), csv_invoice("B").replace("2026-11-21", "soon")))
    checked = check(file, "a.csv", house.gateway.partner("beta"))
    [found] = explanations(checked, file)
    assert found.where == "row 3, column Date"
    assert found.facts[0] == ("field", "invoice_date of the Invoice")
    assert found.passage is not None
    assert found.passage.text[found.passage.start : found.passage.end] == "soon"


def test_what_is_against_the_agreement_has_no_place(house: House) -> None:
    file = io.BytesIO(wrapped("810", invoice(), usage="P"))
    [found] = explanations(check(file, "a.edi", house.gateway.partner("acme")), file)
    assert (found.first.code, found.where, found.passage) == ("not-as-agreed", "the file", None)
    assert found.todo == OWN_ADVICE["not-as-agreed"].todo


@pytest.mark.parametrize(
    ("finding", "where"),
    [
        ({"row": 4}, "row 4"),
        ({"row": 4, "column": "Qty"}, "row 4, column Qty"),
        ({"offset": 9}, "byte 9"),
        ({}, "the file"),
    ],
)
def test_places_in_words(finding: dict[str, object], where: str) -> None:
    told = Finding.model_validate({"code": "x", "severity": "note", "message": "x"} | finding)
    assert place(told, Context()) == where


def test_the_same_code_is_explained_in_the_words_of_the_format() -> None:
    assert "CTT02" in advice("quantity-total-differs", flat=False).todo
    assert "CTT02" not in advice("quantity-total-differs", flat=True).todo


def test_a_code_that_nobody_foresaw_still_says_what_to_do() -> None:
    assert advice("a-rule-of-the-partner", flat=False).todo.endswith("send the file again.")


def test_a_good_file_needs_no_explanation() -> None:
    assert explained(wrapped("810", invoice())) == []
    assert list(explanations(Checked(True, [], (), ()), io.BytesIO())) == []

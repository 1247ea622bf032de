"""Application advices: what is rejected, and which orders that is about."""

import pytest

from canonical.application_advice import ApplicationAdvice
from canonical.documents import order_numbers
from translators import registry

from .trees import tree

ADVICE = registry.find("824")


def read(results: str) -> ApplicationAdvice:
    document = ADVICE.read(tree("824", f"BGN*00*AA-1*20261124\n{results}")).document
    assert isinstance(document, ApplicationAdvice)
    return document


@pytest.mark.parametrize(
    ("code", "verdict", "rejects"),
    [
        ("TA", "set_accepted", False),
        ("TE", "set_accepted_with_errors", False),
        ("TP", "set_partly_accepted", False),
        ("TR", "set_rejected", True),
        ("GR", "group_rejected", True),
        ("IR", "item_rejected", True),
    ],
)
def test_the_verdict_says_whether_it_rejects(code: str, verdict: str, rejects: bool) -> None:
    [result] = read(f"OTI*{code}*IV*INV-1").results
    assert (result.verdict, result.rejects) == (verdict, rejects)


def test_the_orders_are_those_that_results_are_about() -> None:
    advice = read("OTI*TR*PO*4500123\nOTI*TA*IV*INV-1\nREF*PO*4500124\nREF*PO*4500123\nOTI*TA*IV*INV-2")
    assert order_numbers(advice) == ("4500123", "4500124")


def test_every_fault_stays_with_its_result() -> None:
    advice = read("OTI*TR*IV*INV-1\nTED*IQT*TOO MANY*IT1*7*2**120*80\nTED*024\nOTI*TA*IV*INV-2")
    assert [[fault.code for fault in result.faults] for result in advice.results] == [
        ["quantity_invalid", "unlisted"],
        [],
    ]
    fault = advice.results[0].faults[0]
    assert (fault.segment, fault.position, fault.element, fault.value, fault.suggested) == ("IT1", 7, 2, "120", "80")

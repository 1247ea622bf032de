"""Answers to order changes: each answer stays with its line, and covers what is ordered now."""

import pytest

from canonical.order_change import PurchaseOrderChangeAcknowledgement
from translators import registry

from .trees import tree

ANSWER = registry.find("865")
HEAD = "BCA*06*AC*4500123**2*20260914***RM-55012*20260922*20260921"


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ("ACK*IA*100*EA\nACK*IB*60*EA", []),
        ("ACK*IA*100*EA\nACK*IB*50*EA", ["acknowledged-quantity-differs"]),
        ("ACK*IQ*100*EA", []),
        ("", []),
    ],
)
def test_answers_must_cover_what_is_ordered_now(answers: str, codes: list[str]) -> None:
    found = ANSWER.read(tree("865", f"{HEAD}\nPOC*10*QI*160*160*EA\n{answers}".strip())).findings
    assert [finding.code for finding in found] == codes


def test_more_to_come_than_is_ordered_is_remarked() -> None:
    found = ANSWER.read(tree("865", f"{HEAD}\nPOC*10*QD*10*30*EA")).findings
    assert [(finding.code, finding.path) for finding in found] == [("remaining-quantity-too-large", "POC[1]/04")]


def test_the_answer_names_the_change_and_both_dates() -> None:
    document = ANSWER.read(tree("865", f"{HEAD}\nPOC*10*DI\nACK*ID\nPOC*20*AI*1*1*EA\nACK*R3")).document
    assert isinstance(document, PurchaseOrderChangeAcknowledgement)
    assert (document.change_number, document.answer) == ("2", "accepted_with_changes")
    assert (f"{document.acknowledged_on}", f"{document.changed_on}") == ("2026-09-22", "2026-09-21")
    assert [[answer.status.value for answer in line.responses] for line in document.lines] == [
        ["deleted"],
        ["rejected"],
    ]

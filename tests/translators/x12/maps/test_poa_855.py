"""Acknowledgements: several answers a line, and whether they cover what was ordered."""

import pytest

from canonical.acknowledgement import LineStatus, PurchaseOrderAcknowledgement
from translators import registry

from .trees import tree

ACKNOWLEDGEMENT = registry.find("855")
HEAD = "BAK*00*AC*4500123*20260914\nPO1*10*10*EA*4.75"


@pytest.mark.parametrize(
    ("answers", "adds_up"),
    [
        ("ACK*IA*10*EA", True),
        ("ACK*IA*6*EA\nACK*IB*4*EA", True),
        ("ACK*IA", True),
        ("ACK*IA*6*EA\nACK*ID*4*EA", True),
        ("ACK*IQ*6*EA", True),
        ("ACK*R2*6*EA", True),
        ("ACK*IA*1*CA", True),
        ("ACK*IA*6*EA", False),
        ("ACK*IA*6*EA\nACK*IB*5*EA", False),
        ("ACK*DR*9.5*EA", False),
    ],
)
def test_answers_must_cover_the_order_or_say_that_they_do_not(answers: str, adds_up: bool) -> None:
    findings = ACKNOWLEDGEMENT.read(tree("855", f"{HEAD}\n{answers}")).findings
    expected = [] if adds_up else [("acknowledged-quantity-differs", "PO1[1]/02")]
    assert [(finding.code, finding.path) for finding in findings] == expected


@pytest.mark.parametrize(
    ("code", "status", "kept"),
    [
        ("IA", LineStatus.ACCEPTED, None),
        ("IR", LineStatus.REJECTED, None),
        ("R3", LineStatus.REJECTED, "R3"),
        ("SP", LineStatus.OTHER, "SP"),
    ],
)
def test_a_status_keeps_the_code_that_says_more(code: str, status: LineStatus, kept: str | None) -> None:
    document = ACKNOWLEDGEMENT.read(tree("855", f"{HEAD}\nACK*{code}*10*EA")).document
    assert isinstance(document, PurchaseOrderAcknowledgement)
    response = document.lines[0].responses[0]
    assert (response.status, response.code) == (status, kept)


def test_every_answer_stays_with_its_line_and_its_dates_with_the_answer() -> None:
    source = f"{HEAD}\nACK*IA*6*EA*068*20261001\nACK*IB*4*EA\nDTM*017*20261022\nPO1*20*1*EA\nACK*IR"
    document = ACKNOWLEDGEMENT.read(tree("855", source)).document
    assert isinstance(document, PurchaseOrderAcknowledgement)
    assert [[response.status.value for response in line.responses] for line in document.lines] == [
        ["accepted", "backordered"],
        ["rejected"],
    ]
    assert [date.kind for date in document.lines[0].responses[1].dates] == ["delivery_estimated"]
    assert document.trace["lines.0.responses.1"] == "PO1[1]/ACK[2]"

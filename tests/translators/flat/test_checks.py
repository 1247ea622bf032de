"""Warnings about documents that contradict themselves: code, place and figures."""

import pytest

from canonical.finding import Severity

from .samples import (
    ANSWER,
    ANSWER_HEADER,
    INVOICE,
    INVOICE_HEADER,
    NOTICE,
    NOTICE_HEADER,
    column_map,
    documents,
    results,
)

TOTALS = {
    **INVOICE,
    "columns": {**INVOICE["columns"], "line_count": "count", "adjustments.charge.freight.amount": "freight"},
}
TOTALS_HEADER = INVOICE_HEADER + ",count,freight"


@pytest.mark.parametrize(
    ("rows", "path", "code", "words"),
    [
        pytest.param(["I,2024-05-01,,20.00,1,X,10,,2.00,1,"], None, None, "", id="agrees"),
        pytest.param(["I,2024-05-01,,25.50,1,X,10,,2.00,1,5.5"], None, None, "", id="with freight"),
        pytest.param(["I,2024-05-01,,0.33,1,X,1,,0.333,1,"], None, None, "", id="rounded"),
        pytest.param(
            ["I,2024-05-01,,0.02,1,X,1,,0.005,,", "I,,,,2,X,1,,0.005,,"], None, None, "", id="each line rounded"
        ),
        pytest.param(
            ["I,2024-05-01,,0.01,1,X,1,,0.005,,", "I,,,,2,X,1,,0.005,,"], None, None, "", id="the sum rounded"
        ),
        pytest.param(["I,2024-05-01,,99.00,1,X,10,,,1,"], None, None, "", id="a price is unknown"),
        pytest.param(
            ["I,2024-05-01,,20.01,1,X,10,,2.00,1,"],
            "row 2/total",
            "invoice-total-differs",
            "give 20.00: 0.01 too much",
            id="off",
        ),
        pytest.param(
            ["I,2024-05-01,,19.00,1,X,10,,2.00,1,"],
            "row 2/total",
            "invoice-total-differs",
            "1.00 too little",
            id="too little",
        ),
        pytest.param(
            ["I,2024-05-01,,20,1,X,10,,2,3,"], "row 2/count", "line-count-differs", "says 3; there are 1", id="count"
        ),
        pytest.param(
            ["I,2024-05-01,,2,1,X,1,,1,,", "I,,,,1,X,1,,1,,"],
            "row 3/line",
            "repeated-line",
            "Line 1 occurs more",
            id="repeated",
        ),
        pytest.param(
            ["I,2024-05-01,,1,1,X," + "9" * 20 + ",," + "9" * 8 + ",,"],
            "row 2/total",
            "invoice-total-differs",
            "",
            id="huge",
        ),
    ],
)
def test_invoices(rows: list[str], path: str | None, code: str | None, words: str) -> None:
    (found,) = documents(results(column_map(TOTALS), TOTALS_HEADER, *rows))
    assert found.document is not None
    expected = [(path, code, Severity.WARNING)] if path else []
    assert [(finding.path, finding.code, finding.severity) for finding in found.findings] == expected
    assert all(words in finding.message for finding in found.findings)


@pytest.mark.parametrize(
    ("answers", "differs"),
    [
        pytest.param([("accepted", 10)], False, id="all of it"),
        pytest.param([("accepted", 6), ("backordered", 4)], False, id="in two parts"),
        pytest.param([("accepted", 6), ("backordered", 3)], True, id="a part is missing"),
        pytest.param([("accepted", 6), ("rejected", "")], False, id="the rest is rejected"),
        pytest.param([("quantity_changed", 9)], False, id="changed and said so"),
        pytest.param([("accepted", "")], False, id="no quantity stated"),
    ],
)
def test_answers_cover_the_line(answers: list[tuple[str, int | str]], differs: bool) -> None:
    rows = [f"P1,2024-05-01,1,X,10,EA,{status},{quantity}," for status, quantity in answers]
    (found,) = documents(results(column_map(ANSWER), ANSWER_HEADER, *rows))
    expected = [("row 2/ordered", "acknowledged-quantity-differs")] if differs else []
    assert [(finding.path, finding.code) for finding in found.findings] == expected


PACKED = {
    **NOTICE,
    "columns": {
        **NOTICE["columns"],
        "line_count": "count",
        "quantity_total": "total",
        "levels.shipment.packaging.form": "form",
        "levels.shipment.packaging.count": "packages",
    },
}
PACKED_HEADER = NOTICE_HEADER + ",count,total,form,packages"
ONE, TWO = "106141411234567903", "106141411234567910"


def shipped(order: str, carton: str, quantity: str, rest: str = ",,,", pallet: str = "") -> str:
    """A row: 10 pieces of X in a carton for an order."""
    return f"S1,2024-05-01,,{order},{pallet},{carton},{'X' if quantity else ''},{quantity},,{rest}"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([shipped("P1", ONE, "10", "2,15,CTN25,2"), shipped("P1", TWO, "5")], [], id="agrees"),
        pytest.param([shipped("P1", ONE, "10", "5,10,,"), shipped("P1", ONE, "0")], [], id="lines-or-levels"),
        pytest.param(
            [shipped("P1", ONE[:-1] + "4", "10")],
            [
                (
                    "row 2/carton",
                    "sscc-invalid",
                    f"{ONE[:-1]}4 is not a valid SSCC-18: its check digit is 4 and should be 3",
                )
            ],
            id="label",
        ),
        pytest.param(
            [shipped("P1", ONE, "10"), shipped("P2", ONE, "5")],
            [("row 3/carton", "sscc-repeated", f"The carton {ONE} (row 3) has the label of the carton {ONE} (row 2)")],
            id="the-same-label",
        ),
        pytest.param(
            [shipped("P1", ONE, "10", ",,CTN25,3"), shipped("P1", TWO, "5")],
            [
                (
                    "row 2/packages",
                    "package-count-differs",
                    "The shipment (row 2) is said to be 3 cartons, but 2 are listed.",
                )
            ],
            id="packages",
        ),
        pytest.param([shipped("P1", "", "10", ",,CTN25,3")], [], id="packages-not-listed"),
        pytest.param(
            [shipped("P1", ONE, "10"), shipped("P1", TWO, "")],
            [("row 3/carton", "hierarchy-empty-level", f"The carton {TWO} (row 3) holds no item, while others do.")],
            id="empty",
        ),
        pytest.param(
            [shipped("P1", ONE, "10", ",12,,"), shipped("P1", TWO, "5")],
            [("row 2/total", "quantity-total-differs", "The quantity total says 12; the items add up to 15.")],
            id="total",
        ),
        pytest.param(
            [shipped("P1", ONE, "10", "3,,,")],
            [("row 2/count", "line-count-differs", "The line count says 3; there are 1 items, in 4 levels.")],
            id="count",
        ),
    ],
)
def test_ship_notices(rows: list[str], expected: list[tuple[str, str, str]]) -> None:
    """By the same rules as an 856; the shape of the rows leaves nothing to nest wrongly."""
    (found,) = documents(results(column_map(PACKED), PACKED_HEADER, *rows))
    assert found.document is not None
    assert [(finding.path, finding.code, finding.severity) for finding in found.findings] == [
        (path, code, Severity.WARNING) for path, code, _ in expected
    ]
    assert all(
        finding.message.startswith(words) for finding, (_, _, words) in zip(found.findings, expected, strict=True)
    )

"""Warnings about documents that contradict themselves: code, place and figures."""

import pytest

from canonical.finding import Severity

from .samples import ANSWER, ANSWER_HEADER, INVOICE, INVOICE_HEADER, column_map, documents, results

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

"""The status report that answers a CSV partner."""

import csv
import io

from translators.flat import Code, FileFindings, FlatDocument, ReportedDocument, report, settle
from translators.flat.findings import in_row
from translators.flat.report import COLUMNS

from .samples import INVOICE, INVOICE_HEADER, column_map, results


def answer(found: list[FlatDocument | FileFindings]) -> bytes:
    """The report as the gateway makes it."""
    documents, findings = settle(found)
    reported = [
        ReportedDocument(
            "rejected" if result.document is None else "accepted",
            result.key,
            result.first_row,
            result.last_row,
            result.findings,
        )
        for result in documents
    ]
    return report("inv.csv", reported, findings)


def test_a_file_with_a_good_and_a_bad_document() -> None:
    found = results(
        column_map(INVOICE),
        INVOICE_HEADER,
        "I1,2024-05-01,P1,20.00,1,X,10,PIECE,2.00",
        "I2,2024-05-01,P1,20.00,1,X,ten,PIECE,2.00",
        "I2,,,,2,Y,1,PIECE,",
    )
    assert answer(found).decode() == (
        "status,document,row,column,code,message,value\r\n"
        'mixed,,,,file,"inv.csv: 2 documents: 1 accepted, 1 rejected.",\r\n'
        "accepted,I1,2,,document,Row 2.,\r\n"
        "rejected,I2,3,,document,Rows 3 to 4.,\r\n"
        "error,I2,3,qty,not-a-number,\"'ten' is not a number. Write digits (at most 20) with at most one '.' before the decimals "
        '(at most 10); no thousands separators, units or currency signs.",ten\r\n'
    )


def test_a_file_that_cannot_be_read() -> None:
    assert answer(results(column_map(INVOICE))).decode().splitlines()[1:] == [
        "rejected,,,,file,inv.csv: 0 documents.,",
        "error,,,,empty-file,The file is empty; nothing was read.,",
    ]


def test_cells_that_a_spreadsheet_would_run_are_disarmed_and_numbers_are_not() -> None:
    values = ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-5", "+4.5", "-", "x=1"]
    findings = [in_row(Code.UNKNOWN_CODE, "no", 2, "c", value=value) for value in values]
    rows = list(csv.DictReader(io.StringIO(report("f.csv", [], findings).decode())))[1:]
    assert [row["value"] for row in rows] == ["'=cmd|' /C calc'!A0", "'@SUM(1)", "'+1+1", "-5", "+4.5", "'-", "x=1"]


def test_every_line_has_every_column() -> None:
    found = results(column_map(INVOICE), INVOICE_HEADER, 'I1,"a\nb', ",,,,x,,,,")
    rows = list(csv.reader(io.StringIO(answer(found).decode(), newline="")))
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert tuple(rows[0]) == COLUMNS

"""Files to documents: bad input by table, each with its row, column and words; and the whole by example."""

import datetime
import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.acknowledgement import LineStatus, PurchaseOrderAcknowledgement
from canonical.document import Unmapped
from canonical.finding import Severity, any_error
from canonical.invoice import Invoice
from canonical.order import PurchaseOrder
from canonical.shipment import ShipNotice
from translators.flat import Code, FileFindings, FlatDocument, Limits, read, settle

from .samples import (
    ANSWER,
    ANSWER_HEADER,
    INVOICE,
    INVOICE_HEADER,
    NOTICE,
    NOTICE_HEADER,
    ORDER,
    brief,
    column_map,
    documents,
    findings,
    results,
)

GOOD = "I1,2024-05-01,P1,20.00,1,X,10,PIECE,2.00"


def one(raw: dict[str, Any], *lines: str) -> Any:
    """The only document of a file without findings."""
    (found,) = results(column_map(raw), *lines)
    assert isinstance(found, FlatDocument)
    assert found.findings == ()
    return found.document


@pytest.mark.parametrize(
    ("data", "path", "code", "words"),
    [
        pytest.param(b"", "file", Code.EMPTY_FILE, "The file is empty; nothing was read.", id="empty"),
        pytest.param(b"\n\r\n , ,\n", "file", Code.EMPTY_FILE, "The file is empty", id="blank lines"),
        pytest.param(b"PK\x03\x04\x14\x00rest\nmore", "file", Code.NOT_CSV, "an Excel workbook", id="workbook"),
        pytest.param(b"\xff\xfei\x00n\x00\n\x00", "file", Code.NOT_CSV, "UTF-16 text, not CSV", id="utf-16"),
        pytest.param(b"ISA*00*~", "file", Code.NOT_CSV, "an X12 interchange", id="x12"),
        pytest.param(b"\x00\x01\x02\n", "row 1/1", Code.CONTROL_CHARACTER, "The header cannot be read.", id="binary"),
        pytest.param(
            b"invo\xe9ce,b\n", "row 1/1", Code.WRONG_ENCODING, "byte 0xE9 at offset 4 is not utf-8", id="encoding"
        ),
        pytest.param(b"x" * 70000, "row 1", Code.ROW_TOO_LONG, "longer than 65536 bytes", id="endless line"),
        pytest.param(INVOICE_HEADER.encode(), "file", Code.NO_ROWS, "a header and no rows", id="header only"),
        pytest.param(
            INVOICE_HEADER.encode() + b"\n,,,,\n\n", "file", Code.NO_ROWS, "no rows under it", id="blank rows only"
        ),
    ],
)
def test_files_that_cannot_be_read(data: bytes, path: str, code: Code, words: str) -> None:
    found = list(read([data], column_map(INVOICE)))
    assert brief(found) == [(path, code)]
    assert words in findings(found)[0].message
    assert not documents(found)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("invoice,date,po,total,line,part,unit,price", [("row 1/qty", "missing-column")], id="one missing"),
        pytest.param(INVOICE_HEADER.replace("po,", ""), [], id="one that may be missing"),
        pytest.param(INVOICE_HEADER.replace("qty", " QTY "), [], id="capitals and blanks"),
        pytest.param(INVOICE_HEADER + ",qty", [("row 1/qty", "duplicate-column")], id="a mapped one twice"),
        pytest.param(INVOICE_HEADER + ",x,x", [("row 1/x", "duplicate-column")], id="an unmapped one twice"),
        pytest.param(INVOICE_HEADER + ",,,", [], id="nameless columns"),
    ],
)
def test_headers(header: str, expected: list[tuple[str, str]]) -> None:
    row = ",".join(
        {"invoice": "I1", "date": "2024-05-01", "total": "1", "qty": "1"}.get(name.strip().lower(), "")
        for name in header.split(",")
    )
    found = results(column_map(INVOICE), header, row)
    assert brief(found) == expected
    assert bool(documents(found)) is not any_error(findings(found))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (INVOICE_HEADER.replace("qty", "qtty"), "The header has no column 'qty'. Did you mean it by 'qtty'?"),
        (INVOICE_HEADER.replace(",", ";"), "The row has a single column, but ';' occurs in it; agreed is ','"),
    ],
)
def test_a_missing_column_is_explained(header: str, words: str) -> None:
    assert words in findings(results(column_map(INVOICE), header, GOOD))[0].message


@pytest.mark.parametrize(
    ("row", "column", "code", "words"),
    [
        pytest.param("I1,2024-13-01,,1,1,X,1,,", "date", Code.NOT_A_DATE, "not a day of the calendar", id="date"),
        pytest.param("I1,,,1,1,X,1,,", "date", Code.MISSING_VALUE, "every document needs invoice_date", id="no date"),
        pytest.param("I1,2024-05-01,,1x,1,X,1,,", "total", Code.NOT_A_NUMBER, "'1x' is not a number", id="total"),
        pytest.param(
            "I1,2024-05-01,,1,1,X,,,", "qty", Code.MISSING_VALUE, "every line needs lines.quantity.value", id="no qty"
        ),
        pytest.param(
            "I1,2024-05-01,,1,,,,,", "qty", Code.MISSING_VALUE, "every line needs lines.quantity.value", id="no line"
        ),
        pytest.param("I1,2024-05-01,,1,1,X,1,EA,", "unit", Code.UNKNOWN_CODE, "Agreed are: PIECE, BOX.", id="code"),
        pytest.param(
            "I1,2024-05-01,,1,1,X,1,,123456.789",
            "price",
            Code.VALUE_TOO_LONG,
            "has 10 characters; at most 8",
            id="long",
        ),
        pytest.param(
            "I1,2024-05-01,,1,1,X,1,", None, Code.FIELD_COUNT, "The row has 8 values for 9 columns.", id="short row"
        ),
        pytest.param(
            "I1,2024-05-01,,1,1,X,Y,1,,", None, Code.FIELD_COUNT, "10 values for 9 columns. Put a value", id="long row"
        ),
        pytest.param(
            'I1,2024-05-01,,1,1,"X,1,,', "part", Code.UNBALANCED_QUOTE, 'no closing " follows', id="open quote"
        ),
        pytest.param('I1,2024-05-01,,1,1,"X"Y,1,,', "part", Code.BAD_QUOTE, "must be doubled", id="stray quote"),
        pytest.param("I1,2024-05-01,,1,1,X\0,1,,", "part", Code.CONTROL_CHARACTER, "0x00", id="NUL"),
        pytest.param(",2024-05-01,,1,1,X,1,,", "invoice", Code.MISSING_KEY, "'invoice' is blank", id="no key"),
    ],
)
def test_bad_rows(row: str, column: str | None, code: Code, words: str) -> None:
    """Row 3 is bad: its document is rejected with exactly that finding, and those around it are not."""
    found = documents(
        results(column_map(INVOICE), INVOICE_HEADER, GOOD.replace("I1", "I0"), row, GOOD.replace("I1", "I2"))
    )
    bad = [result for result in found if result.findings]
    assert [(f.row, f.column, f.code) for result in bad for f in result.findings] == [(3, column, code)]
    assert words in bad[0].findings[0].message
    assert bad[0].document is None
    assert bad[0].findings[0].path == ("row 3" if column is None else f"row 3/{column}")
    accepted = [result.key for result in found if result.document is not None]
    assert accepted == (["I2"] if code is Code.MISSING_KEY else ["I0", "I2"])


def test_a_bad_value_is_shown_and_cut() -> None:
    (finding,) = findings(results(column_map(INVOICE), INVOICE_HEADER, GOOD.replace("2024-05-01", "9" * 200)))
    assert finding.value == "9" * 77 + "..."


def test_the_wrong_encoding_is_placed_by_row_column_and_byte() -> None:
    data = (INVOICE_HEADER + "\nI1,2024-05-01,,1,1,caf").encode() + b"\xe9,1,,\n"
    (finding,) = findings(read([data], column_map(INVOICE)))
    assert (finding.code, finding.row, finding.column, finding.offset) == (
        "wrong-encoding",
        2,
        "part",
        data.index(b"\xe9"),
    )


def test_a_file_that_calls_itself_utf_8_is_not_read_as_another_code_page() -> None:
    data = b"\xef\xbb\xbf" + INVOICE_HEADER.encode()
    assert brief(read([data], column_map(INVOICE, encoding="cp1252"))) == [("file", "wrong-encoding")]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "iso-8859-15", "utf-8"])
def test_encodings(encoding: str) -> None:
    (found,) = documents(results(column_map(INVOICE, encoding=encoding), INVOICE_HEADER, GOOD.replace("X", "Größe é")))
    assert isinstance(found.document, Invoice)
    assert found.document.lines[0].items[0].value == "Größe é"


def test_an_invoice() -> None:
    invoice = one(
        INVOICE, INVOICE_HEADER + ",colour", "I1,2024-05-01,P1,50.00,1,X,10,PIECE,2.00,red", "I1,,,,2,Y,3,BOX,10.00,"
    )
    assert isinstance(invoice, Invoice)
    assert (invoice.number, invoice.order_number, invoice.total_amount) == ("I1", "P1", Decimal("50.00"))
    assert [(line.quantity.value, line.quantity.unit) for line in invoice.lines if line.quantity] == [
        (Decimal(10), "EA"),
        (Decimal(3), "CA"),
    ]
    assert invoice.unmapped == (Unmapped(source="row 2/colour", value="red"),)
    assert invoice.trace == {
        "number": "row 2/invoice",
        "invoice_date": "row 2/date",
        "order_number": "row 2/po",
        "total_amount": "row 2/total",
        "lines.0.number": "row 2/line",
        "lines.0.items.0": "row 2/part",
        "lines.0.quantity": "row 2/qty",
        "lines.0.quantity.unit": "row 2/unit",
        "lines.0.price": "row 2/price",
        "lines.1.number": "row 3/line",
        "lines.1.items.0": "row 3/part",
        "lines.1.quantity": "row 3/qty",
        "lines.1.quantity.unit": "row 3/unit",
        "lines.1.price": "row 3/price",
    }


def test_several_rows_with_one_line_number_are_several_responses_of_that_line() -> None:
    answer = one(
        ANSWER,
        ANSWER_HEADER,
        "P1,2024-05-01,1,X,10,EA,accepted,6,2024-06-01",
        "P1,2024-05-01,1,X,10,EA,backordered,4,2024-07-01",
        "P1,2024-05-01,2,Y,5,EA,R3,,",
    )
    assert isinstance(answer, PurchaseOrderAcknowledgement)
    first, second = answer.lines
    assert [(r.status, r.quantity.value) for r in first.responses if r.quantity] == [
        (LineStatus.ACCEPTED, Decimal(6)),
        (LineStatus.BACKORDERED, Decimal(4)),
    ]
    assert first.responses[1].date is not None
    assert (first.responses[1].date.kind, first.responses[1].date.date) == (
        "delivery_estimated",
        datetime.date(2024, 7, 1),
    )
    assert [(r.status, r.code, r.quantity) for r in second.responses] == [(LineStatus.REJECTED, "R3", None)]


def test_rows_of_a_line_that_contradict_each_other() -> None:
    found = results(
        column_map(ANSWER),
        ANSWER_HEADER,
        "P1,2024-05-01,1,X,10,EA,accepted,6,",
        "P1,2024-05-02,1,X,12,EA,backordered,4,",
    )
    assert brief(found) == [("row 3/po_date", "conflicting-value"), ("row 3/ordered", "conflicting-value")]
    assert findings(found)[1].message == (
        "lines.quantity.value is '12' here but '10' in row 2, and both rows belong to the same line. Make them agree."
    )


def test_a_response_without_its_status_is_incomplete() -> None:
    found = results(column_map(ANSWER), ANSWER_HEADER, "P1,2024-05-01,1,X,10,EA,,6,")
    assert brief(found) == [("row 2/qty", "incomplete-value")]
    assert "fill column 'status' too" in findings(found)[0].message


def test_a_status_by_default_answers_every_line() -> None:
    status = {"column": "status", "default": "accepted"}
    raw = {**ANSWER, "columns": {**ANSWER["columns"], "lines.responses.status": status}}
    answer = one(raw, ANSWER_HEADER, "P1,2024-05-01,1,X,10,EA,,,", "P1,2024-05-01,,,,,,,")
    assert [[response.status for response in line.responses] for line in answer.lines] == [["accepted"]]


PALLET, CARTON, OTHER_CARTON = "106141411234567897", "106141411234567903", "106141411234567910"


def outline(notice: ShipNotice) -> list[str]:
    """The levels in document order: kind, and what names them."""
    return [
        " ".join(
            [level.kind, *([level.order.number] if level.order else []), *(mark.value for mark in level.marks)]
            + [
                f"{level.item.items[0].value} {level.item.shipped and level.item.shipped.value}"
                for _ in [0]
                if level.item
            ]
        )
        for level in notice.walk()
    ]


def test_a_ship_notice_nests_shipment_order_tare_pack_item() -> None:
    notice = one(
        NOTICE,
        NOTICE_HEADER,
        f"S1,2024-05-01,UPSN,P1,{PALLET},{CARTON},X,10,",
        f"S1,2024-05-01,UPSN,P1,{PALLET},{CARTON},Y,5,CA",
        f"S1,2024-05-01,UPSN,P1,,{OTHER_CARTON},X,1,",
        "S1,2024-05-01,UPSN,P2,,,Z,7,",
    )
    assert isinstance(notice, ShipNotice)
    assert outline(notice) == [
        "shipment",
        "order P1",
        f"tare {PALLET}",
        f"pack {CARTON}",
        "item X 10",
        "item Y 5",
        f"pack {OTHER_CARTON}",
        "item X 1",
        "order P2",
        "item Z 7",
    ]
    assert notice.order_numbers == ("P1", "P2")
    assert notice.levels[0].deliveries[0].carrier is not None
    assert notice.levels[0].deliveries[0].carrier.value == "UPSN"
    assert [level.item.shipped.unit for level in notice.walk() if level.item and level.item.shipped] == [
        "EA",
        "CA",
        "EA",
        "EA",
    ]


def test_the_check_digit_of_an_sscc_is_a_warning_at_its_cell() -> None:
    wrong = CARTON[:-1] + "4"
    (found,) = documents(results(column_map(NOTICE), NOTICE_HEADER, f"S1,2024-05-01,,P1,,{wrong},X,10,"))
    assert found.document is not None
    assert [(f.path, f.code, f.severity) for f in found.findings] == [
        ("row 2/carton", "sscc-invalid", Severity.WARNING)
    ]
    assert found.findings[0].message.startswith(
        f"{wrong} is not a valid SSCC-18: its check digit is 4 and should be 3."
    )


def test_an_sscc_shortened_by_a_spreadsheet_rejects_the_notice() -> None:
    found = results(column_map(NOTICE), NOTICE_HEADER, "S1,2024-05-01,,P1,,1.06141E+17,X,10,")
    assert brief(found) == [("row 2/carton", "sscc-invalid")]
    assert documents(found)[0].document is None


def test_an_item_of_no_order_is_rejected() -> None:
    found = results(column_map(NOTICE), NOTICE_HEADER, "S1,2024-05-01,,,,,X,10,")
    assert brief(found) == [("row 2/po", "missing-value")]


def test_an_order_with_scheduled_quantities() -> None:
    order = one(
        ORDER,
        "po,date,line,qty,part_qty,part_date",
        "P1,2024-05-01,1,10,6,2024-06-01",
        "P1,2024-05-01,1,10,4,2024-07-01",
        "P1,2024-05-01,2,1,,",
    )
    assert isinstance(order, PurchaseOrder)
    assert [[part.quantity.value for part in line.schedule] for line in order.lines] == [[6, 4], []]


def test_a_file_without_header_by_column_number() -> None:
    raw = {
        "document": "Invoice",
        "header": False,
        "delimiter": ";",
        "decimal_separator": ",",
        "date_format": "DD.MM.YYYY",
        "columns": {"number": 1, "invoice_date": 2, "total_amount": 4, "lines.quantity.value": 3},
    }
    (found,) = documents(results(column_map(raw), "I1;1.5.2024;2;3,50;rest"))
    assert isinstance(found.document, Invoice)
    assert (found.document.total_amount, found.document.unmapped) == (
        Decimal("3.50"),
        (Unmapped(source="row 1/5", value="rest"),),
    )
    assert brief(results(column_map(raw), "I1;1.5.2024;2;x")) == [("row 1/4", "not-a-number")]
    assert brief(results(column_map(raw), "I1;1.5.2024;2")) == [("row 1/4", "missing-column")]


def test_constants_stand_alone_and_give_way_to_nothing() -> None:
    columns = {**INVOICE["columns"], "terms.net_days": {"constant": 30}, "lines.price.basis": {"constant": "per_each"}}
    invoice = one({**INVOICE, "columns": columns}, INVOICE_HEADER, GOOD, "I1,,,,2,Y,0,,")
    assert invoice.terms[0].net_days == 30
    assert [line.price and line.price.basis for line in invoice.lines] == ["per_each", None]


def test_address_lines_stand_in_their_order_whatever_that_of_the_map() -> None:
    address = {f"parties.ship_to.address.line{number}": f"a{number}" for number in (2, 1)}
    invoice = one(
        {**INVOICE, "columns": {**INVOICE["columns"], **address}}, INVOICE_HEADER + ",a1,a2", GOOD + ",Dock 3,Quay St"
    )
    assert invoice.parties[0].address.lines == ("Dock 3", "Quay St")


def test_what_stands_under_no_name_is_kept_by_the_column_number() -> None:
    assert one(INVOICE, INVOICE_HEADER + ",,x", GOOD + ",odd,").unmapped == (Unmapped(source="row 2/10", value="odd"),)


def test_a_value_that_cannot_be_read_is_not_said_to_contradict_another_besides() -> None:
    bad, good = (f"I1,{date},,1,{line},X,1,," for line, date in enumerate(("x", "2024-05-01")))
    assert brief(results(column_map(INVOICE), INVOICE_HEADER, bad, good)) == [("row 2/date", "not-a-date")]


def test_two_identifiers_of_one_party_in_one_row() -> None:
    ids = {f"parties.ship_to.identifier.{scheme}": scheme for scheme in ("gln", "duns")}
    raw = {**INVOICE, "columns": {**INVOICE["columns"], **ids}}
    assert brief(results(column_map(raw), INVOICE_HEADER + ",gln,duns", GOOD + ",1,2")) == [
        ("row 2/duns", "conflicting-value")
    ]
    assert one(raw, INVOICE_HEADER + ",gln,duns", GOOD + ",,2").parties[0].identifier.scheme == "duns"


@pytest.mark.parametrize(
    ("rows", "retracted"),
    [
        pytest.param(["I1", "I2", "I1"], {"I1"}, id="comes again"),
        pytest.param(["I1", "I2", "I1", "I2"], {"I1", "I2"}, id="both come again"),
        pytest.param(["I1", "I1", "I2"], set(), id="together"),
    ],
)
def test_scattered_rows_reject_all_parts_of_a_document(rows: list[str], retracted: set[str]) -> None:
    lines = [f"{number},2024-05-01,,1,{line},X,0,," for line, number in enumerate(rows)]
    settled, file_findings = settle(results(column_map(INVOICE), INVOICE_HEADER, *lines))
    assert file_findings == []
    assert {found.key for found in settled if found.document is None} == retracted
    for found in settled:
        codes = {finding.code for finding in found.findings if finding.is_error}
        assert codes == ({Code.SCATTERED_ROWS} if found.key in retracted else set())


def test_group_by_several_columns() -> None:
    found = documents(
        results(column_map(INVOICE, group_by=["invoice", "po"]), INVOICE_HEADER, GOOD, GOOD.replace("P1", "P2"))
    )
    assert [result.key for result in found] == ["I1 / P1", "I1 / P2"]


def test_a_row_shifted_before_its_key_still_belongs_to_its_document() -> None:
    """The unquoted comma moves the invoice number one field on; counted from the right it is where it should be."""
    raw = {
        "document": "Invoice",
        "columns": {"invoice_date": "date", "notes.text": "note", "number": "no", "total_amount": "total"},
    }
    found = documents(
        results(column_map(raw), "date,note,no,total", "2024-05-01,Bolts,I1,5", "2024-05-01,Bolts, small,I1,5")
    )
    assert [(result.key, result.document, brief([result])) for result in found] == [
        ("I1", None, [("row 3", "field-count")])
    ]


class TestLimits:
    def limited(self, count: int, **limits: int) -> list[FlatDocument | FileFindings]:
        lines = [f"I{number // 4},2024-05-01,,1,{number},X,bad,," for number in range(count)]
        return results(column_map(INVOICE), INVOICE_HEADER, *lines, limits=Limits(**limits))

    def test_documents(self) -> None:
        found = self.limited(20, documents=3)
        assert len(documents(found)) == 3
        assert isinstance(found[-1], FileFindings)
        assert (found[-1].findings[0].code, found[-1].findings[0].row) == ("too-many-documents", 14)

    def test_rows_of_a_document(self) -> None:
        found = documents(self.limited(8, document_rows=3))
        assert [brief([result])[-1] for result in found] == [
            ("row 5", "document-too-large"),
            ("row 9", "document-too-large"),
        ]
        assert [result.last_row for result in found] == [5, 9]

    def test_bytes_of_a_document(self) -> None:
        assert ("row 3", "document-too-large") in brief(self.limited(4, document_bytes=50))

    def test_findings_of_a_document(self) -> None:
        found = documents(self.limited(4, document_findings=2))
        assert brief(found) == [
            ("row 2/qty", "not-a-number"),
            ("row 3/qty", "not-a-number"),
            ("row 2", "too-many-findings"),
        ]


def chop(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]


cells = st.sampled_from(["I1", "I2", "2024-05-01", "1", "", "x", '"', '"a,b"', "\0", "é", "PIECE", "a\nb", "=1"])
files = st.lists(st.lists(cells, min_size=1, max_size=11), max_size=8).map(
    lambda rows: "\n".join([INVOICE_HEADER, *(",".join(row) for row in rows)]).encode()
)
anything = st.binary(max_size=400) | files | st.builds(bytes.__add__, files, st.binary(max_size=40))
maps = st.sampled_from(
    [column_map(INVOICE), column_map(INVOICE, encoding="cp1252"), column_map(NOTICE), column_map(ANSWER)]
)


@given(anything, maps)
def test_no_bytes_raise_and_byte_by_byte_equals_whole(data: bytes, column_map: Any) -> None:
    whole = list(read([data], column_map))
    assert whole
    assert list(read(chop(data), column_map)) == whole
    for found in whole:
        if isinstance(found, FlatDocument):
            assert (found.document is None) == any_error(found.findings)


rubbish = st.lists(
    st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters=',"\r\n'), max_size=12) for _ in range(9)]),
    max_size=5,
)


@given(rubbish)
def test_every_row_is_in_exactly_one_document(rows: list[tuple[str, ...]]) -> None:
    lines = [",".join(row) for row in rows]
    found = documents(results(column_map(INVOICE), INVOICE_HEADER, *lines))
    spans = [(result.first_row, result.last_row) for result in found]
    assert all(first <= last for first, last in spans)
    assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(spans))
    occupied = {number for number, line in enumerate(lines, 2) if line.strip(", \t")}
    assert occupied <= {number for first, last in spans for number in range(first, last + 1)}

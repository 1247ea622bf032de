"""The row shown with a finding is the one it is about, with the cell marked."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.finding import Finding, Severity
from translators.flat import parse_column_maps, read
from translators.flat.passage import LONGEST, RowPassages, cell_spans
from translators.flat.rows import Dialect

from .samples import INVOICE, INVOICE_HEADER

GOOD = "INV1,2026-11-21,,10,1,A,2,PIECE,5"


def marked(data: bytes, finding: Finding, **settings: Any) -> str | None:
    [column_map] = parse_column_maps([INVOICE | settings])
    wanted = set() if finding.row is None else {finding.row}
    found = RowPassages(io.BytesIO(data), column_map, wanted).passage(finding)
    if found is None:
        return None
    return f"{found.text[: found.start]}[{found.text[found.start : found.end]}]{found.text[found.end :]}"


def first(data: bytes, **settings: Any) -> str | None:
    """The passage of the first finding in a file."""
    [column_map] = parse_column_maps([INVOICE | settings])
    findings = [finding for result in read([data], column_map) for finding in result.findings]
    return marked(data, findings[0], **settings)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (GOOD.replace("2026-11-21", "soon"), "INV1,[soon],,10,1,A,2,PIECE,5"),
        (GOOD.replace("INV1", '"INV, 1"').replace(",5", ",5x"), '"INV, 1",2026-11-21,,10,1,A,2,PIECE,[5x]'),
        (GOOD.replace("INV1", '"INV\n1"').replace(",5", ",5x"), '"INV 1",2026-11-21,,10,1,A,2,PIECE,[5x]'),
        (GOOD.replace(",A,", ',4" pipe,').replace(",5", ",5x"), 'INV1,2026-11-21,,10,1,4" pipe,2,PIECE,[5x]'),
        (GOOD.replace(",2,", ",,"), "INV1,2026-11-21,,10,1,A,[],PIECE,5"),
        (GOOD.removesuffix(",PIECE,5"), "[INV1,2026-11-21,,10,1,A,2]"),
    ],
)
def test_the_cell_is_marked_or_the_row(row: str, expected: str) -> None:
    assert first(f"{INVOICE_HEADER}\n{row}\n".encode()) == expected


def test_a_row_further_down_in_another_encoding() -> None:
    rows = [GOOD, GOOD.replace("INV1", "Zürich"), GOOD.replace("INV1", "Zürich 2").replace("PIECE", "??")]
    data = "\r\n".join([INVOICE_HEADER, *rows]).encode("cp1252")
    assert first(data, encoding="cp1252") == "Zürich 2,2026-11-21,,10,1,A,2,[??],5"


def finding(row: int | None, column: str | None = None) -> Finding:
    return Finding(code="x", severity=Severity.ERROR, message="x", row=row, column=column)


def test_a_finding_of_the_file_or_of_a_row_that_is_not_there_has_no_passage() -> None:
    data = f"{INVOICE_HEADER}\n{GOOD}\n".encode()
    assert marked(data, finding(None)) is None
    assert marked(data, finding(9)) is None
    assert marked(data, finding(2, "no such column")) == f"[{GOOD}]"


def test_of_a_very_long_row_only_a_part_is_shown() -> None:
    [column_map] = parse_column_maps([INVOICE])
    data = f"{INVOICE_HEADER}\n{GOOD}{'x' * 50_000}\n".encode()
    found = RowPassages(io.BytesIO(data), column_map, {2}).passage(finding(2))
    assert found is not None
    assert (len(found.text), found.cut_after) == (LONGEST, True)


_CELLS = st.lists(st.text('ab ",\n', max_size=5), min_size=1, max_size=5)


@given(cells=_CELLS)
def test_quoted_cells_are_found_whatever_is_in_them(cells: list[str]) -> None:
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    text = ",".join(quoted)
    assert [text[start:end] for start, end in cell_spans(text, Dialect())] == quoted

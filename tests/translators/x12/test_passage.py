"""The segment shown with a finding is the one it is about, and what is marked in it is what is wrong."""

import io
import random
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.finding import Finding, Severity
from canonical.passage import Passage
from translators.x12.check import Context, check
from translators.x12.passage import REACH, passage
from translators.x12.segments import STANDARD_DELIMITERS

from .samples import a_group, a_set, an_interchange, joined, one


def shown(data: bytes, code: str) -> str:
    """The passage of the first finding of ``code``, with brackets around what is marked."""
    report = check([data])
    for finding, context in zip(report.findings, report.contexts, strict=True):
        if finding.code == code:
            found = of(io.BytesIO(data), finding, context)
            return bracketed(found) if found is not None else ""
    raise AssertionError([finding.code for finding in report.findings])


def of(file: BinaryIO, finding: Finding, context: Context) -> Passage | None:
    assert context.interchange is not None
    return passage(file, finding, context.interchange.delimiters, context.interchange.offset)


def bracketed(found: Passage) -> str:
    before = "..." if found.cut_before else ""
    after = "..." if found.cut_after else ""
    marked = f"[{found.text[found.start : found.end]}]"
    return before + found.text[: found.start] + marked + found.text[found.end :] + after


BEG, PO1, CTT = "BEG*00*SA*4500123**20260304", "PO1*1*10*EA*2.5**VN*A-1", "CTT*1"

CASES = {
    "an element": ((BEG, "PO1*1*10*QQ*2.5", CTT), "invalid-code", "PO1*1*10*[QQ]*2.5"),
    "the last element": ((BEG, "PO1*1*10*QQ", CTT), "invalid-code", "PO1*1*10*[QQ]"),
    "an element that is missing inside": (("BEG*00**4500123**20260304", PO1, CTT), "missing-element", "BEG*00*[]*4500123**20260304"),
    "an element that is missing at the end": (("BEG*00*SA*4500123", PO1, CTT), "missing-element", "BEG*00*SA*4500123[]"),
    "a component": ((BEG, "PO1*1*10", "MEA***1*EA>X>Z", CTT), "invalid-character", "MEA***1*EA>[X]>Z"),
    "a component that is missing": ((BEG, PO1, "MEA***1*>2", CTT), "missing-element", "MEA***1*[]>2"),
    "a segment": ((BEG, "ZZZ*1", PO1, CTT), "unknown-segment", "[ZZZ]*1"),
    "the place of a missing segment": ((PO1, CTT), "missing-segment", "[]PO1*1*10*EA*2.5**VN*A-1"),
    "text beyond ASCII": ((BEG, "PO1*1*10*QQ*****Zürich", CTT), "invalid-code", "PO1*1*10*[QQ]*****Zürich"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code", "expected"), CASES.values(), ids=CASES)
def test_what_is_marked(body: tuple[str, ...], code: str, expected: str) -> None:
    assert shown(one(body=body), code) == expected


@pytest.mark.parametrize("terminator", ["~", "~\r\n", "~\n  ", "\n", "\r\n", "¬", "\x85"])
def test_any_terminator(terminator: str) -> None:
    data = joined(an_interchange(a_group(a_set(body=(BEG, "PO1*1*10*QQ*2.5", CTT)))), terminator)
    assert shown(data, "invalid-code") == "PO1*1*10*[QQ]*2.5"
    single = data.decode().encode("latin-1") if terminator in "¬\x85" else data
    assert shown(single, "invalid-code") == "PO1*1*10*[QQ]*2.5"


def test_the_end_of_a_file_that_is_cut_off() -> None:
    cut = one().partition(b"IEA")[0]
    assert cut.endswith(b"GE*1*7~")
    assert shown(cut, "missing-iea") == "GE*1*7[]"


def test_the_first_interchange_ends_where_the_second_begins() -> None:
    first = joined(an_interchange(a_group(a_set())))
    second = one(body=(BEG, "PO1*1*10*QQ", CTT)).replace(b"*", b"|").replace(b"~", b"'")
    assert shown(first + second, "invalid-code") == "PO1|1|10|[QQ]"


def test_of_a_very_long_segment_only_a_part_is_read() -> None:
    long = "MSG*" + "x" * 50_000
    data = one(body=(BEG, "N9*ZZ*1", long, PO1, CTT))
    found = shown(data, "element-too-long")
    assert found.startswith("MSG*[x")
    assert found.endswith("x]...")
    assert len(found) < REACH + 20


def test_only_the_bytes_around_the_finding_are_read() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.taken += len(data)
            return data

    data = one(body=(BEG, *[PO1] * 20_000, "PO1*1*10*QQ", *[PO1] * 20_000, CTT))
    report = check([data])
    [(finding, context)] = [
        (f, c) for f, c in zip(report.findings, report.contexts, strict=True) if f.code == "invalid-code"
    ]
    file = Counting(data)
    found = of(file, finding, context)
    assert found is not None
    assert found.text == "PO1*1*10*QQ"
    assert file.taken <= 2 * REACH


def test_a_finding_without_place_has_no_passage() -> None:
    nowhere = Finding(code="x", severity=Severity.NOTE, message="x")
    assert passage(io.BytesIO(one()), nowhere, STANDARD_DELIMITERS, 0) is None


@given(seed=st.integers(0, 2**32))
def test_the_bad_value_is_what_is_marked(seed: int) -> None:
    chance = random.Random(seed)
    segments = one(body=(BEG, PO1, "PID*F****Stick", "MEA***1*EA>2>3", CTT)).decode().split("~")[1:-1]
    at = chance.randrange(len(segments))
    elements = segments[at].split("*")
    place = chance.randrange(1, len(elements) + 1)
    elements[place : place + 1] = [chance.choice(["QQ", "x" * 90, "-", "20269999", "EA>Q>2"])]
    segments[at] = "*".join(elements)
    data = one()[:106] + "~".join([*segments, ""]).encode()
    report = check([data])
    for finding, context in zip(report.findings, report.contexts, strict=True):
        if finding.element is not None and finding.value is not None and finding.component is None:
            found = of(io.BytesIO(data), finding, context)
            assert found is not None
            assert found.text[found.start : found.end] == finding.value


@given(data=st.binary(max_size=400), offset=st.integers(0, 600), element=st.none() | st.integers(1, 9))
def test_any_bytes_can_be_shown(data: bytes, offset: int, element: int | None) -> None:
    finding = Finding(code="x", severity=Severity.ERROR, message="x", offset=offset, element=element)
    found = passage(io.BytesIO(data), finding, STANDARD_DELIMITERS, 0)
    assert found is None or 0 <= found.start <= found.end <= len(found.text)

"""Where segments may stand: every fault once, at the right place, and the rest still judged."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.finding import Severity
from translators.x12.schema import dictionary
from translators.x12.structure import plan

from .generate import SETS, make_set
from .samples import ANSWER, INVOICE, NOTICE, ORDER, codes, found, one, sets

HEAD, LINE, TOTAL = ORDER
PARTY = ("N1*ST*Store 12", "N3*1 Main Street", "N4*Springfield*IL*62701")


def with_body(set_id: str, *body: str) -> list[tuple[str, str, str | None]]:
    return codes(one(set_id, body))


@pytest.mark.parametrize(
    ("set_id", "body", "fault"),
    [
        # unknown, not in this set, in a loop that was not begun
        ("850", (HEAD, "ZZZ*1", LINE, TOTAL), ("unknown-segment", "ZZZ", "AK304:1")),
        ("850", (HEAD, "", LINE, TOTAL), None),
        ("850", (HEAD, "BIG*20260304*1", LINE, TOTAL), ("segment-not-in-set", "BIG", "AK304:6")),
        ("850", (HEAD, LINE, "ZZ9*1", "PID*F****Thing", TOTAL), ("unknown-segment", "PO1[1]/ZZ9", "AK304:1")),
        ("850", (HEAD, "N3*1 Main Street", "N4*Springfield*IL*62701", LINE, TOTAL), ("unexpected-segment", "N3", "AK304:2")),
        ("850", (HEAD, LINE, "MSG*Hi", "LQ*0*1", TOTAL), ("unexpected-segment", "PO1[1]/LQ", "AK304:2")),
        # order
        ("850", (HEAD, *PARTY, "DTM*002*20260401", LINE, TOTAL), ("segment-out-of-order", "N1[1]/DTM", "AK304:7")),
        ("850", (HEAD, PARTY[0], PARTY[2], PARTY[1], LINE, TOTAL), ("segment-out-of-order", "N1[1]/N3", "AK304:7")),
        ("850", ("REF*DP*1", HEAD, LINE, TOTAL), ("segment-out-of-order", "BEG[1]", "AK304:7")),
        ("850", (HEAD, *PARTY, "N9*L1*1", "MSG*One", "MSG*Two", LINE, TOTAL), ("segment-out-of-order", "N1[1]/N9", "AK304:7")),
        ("810", (INVOICE[0], INVOICE[1], "CTT*1", "TDS*2500"), ("segment-out-of-order", "TDS[1]", "AK304:7")),
        ("850", (HEAD, TOTAL, LINE), ("segment-out-of-order", "PO1[1]", "AK304:7")),
        # too early, as what follows shows
        ("850", (HEAD, TOTAL, LINE, LINE, TOTAL), ("segment-out-of-order", "CTT", "AK304:7")),
        ("850", (HEAD, "N1*ST*A", "PER*BD", "CUR*BY*USD", "REF*DP*1", "FOB*CC", LINE, TOTAL), ("segment-out-of-order", "N1", "AK304:7")),
        ("850", (HEAD, LINE, *PARTY[:2], "PID*F****A", "MEA*PD*G*5*LB", "PO4*1", TOTAL), ("segment-out-of-order", "PO1[1]/N1", "AK304:7")),
        # too many
        ("850", (HEAD, HEAD, LINE, TOTAL), ("segment-over-maximum", "BEG[2]", "AK304:5")),
        ("850", (HEAD, *["PER*BD"] * 6, LINE, TOTAL), ("segment-over-maximum", "PER[4]", "AK304:5")),
        ("850", (HEAD, *["N1*ST*A"] * 202, LINE, TOTAL), ("loop-over-maximum", "N1[201]", "AK304:4")),
        ("810", (INVOICE[0], "N9*L1*1", "MSG*A", "N9*L1*2", "MSG*B", *INVOICE[1:]), ("loop-over-maximum", "N9[2]", "AK304:4")),
        ("856", (*NOTICE, "CTT*1", "CTT*1"), ("segment-over-maximum", "CTT[2]", "AK304:5")),
        # missing
        ("850", (LINE, TOTAL), ("missing-segment", "BEG", "AK304:3")),
        ("850", (HEAD, TOTAL), ("missing-segment", "PO1", "AK304:3")),
        ("850", (HEAD,), ("missing-segment", "PO1", "AK304:3")),
        ("810", (INVOICE[0], INVOICE[1]), ("missing-segment", "TDS", "AK304:3")),
        ("810", (INVOICE[0], INVOICE[1], "CTT*1"), ("missing-segment", "TDS", "AK304:3")),
        ("810", (INVOICE[0], "N9*L1*1", *INVOICE[1:]), ("missing-segment", "N9[1]/MSG", "AK304:3")),
        ("850", (HEAD, LINE, "LS*LDT", "LDT*AF*1*DA", LINE, TOTAL), ("missing-segment", "PO1[1]/LS[1]/LE", "AK304:3")),
        ("997", ("AK1*PO*7", "AK2*850*0001", "AK2*850*0002", "AK5*A", "AK9*A*2*2*2"), ("missing-segment", "AK2[1]/AK5", "AK304:3")),
        ("997", ("AK1*PO*7", "AK2*850*0001", "AK5*A"), ("missing-segment", "AK9", "AK304:3")),
    ],
)  # fmt: skip
def test_one_fault_is_one_finding(set_id: str, body: Sequence[str], fault: tuple[str, str, str] | None) -> None:
    body = [segment for segment in body if segment]
    assert codes(one(set_id, body)) == ([fault] if fault else [])


def test_a_loop_that_began_behind_its_own_stray_segment_is_not_missing() -> None:
    body = ("PER*AF*ANN", "N1*ST*SOMEBODY", "NTE**Text", "W07*10*EA**VN*A-1")
    found = [(code, path) for code, path, _ in codes(one("944", body))]
    assert ("missing-segment", "W17") in found
    assert ("missing-segment", "N1") not in found


def test_the_finding_says_where_in_the_file() -> None:
    data = one("850", (HEAD, LINE, "ZZZ*1", TOTAL))
    (fault,) = found(data)
    assert (fault.segment, fault.segment_index) == ("ZZZ", 4)
    assert fault.offset is not None
    assert data[fault.offset :].startswith(b"ZZZ*1~")


def test_elements_are_found_in_the_file_to_the_byte() -> None:
    data = one("850", (HEAD, "N1*ST*Zo\u00eb*92*0012", LINE.replace("*EA*", "*ZQ*"), TOTAL))
    fault = next(each for each in found(data) if each.code == "invalid-code")
    assert (fault.path, fault.element, fault.value) == ("PO1[1]/03", 3, "ZQ")
    assert fault.offset is not None
    assert data[fault.offset :].startswith(b"ZQ*2.5")


def test_a_component_has_its_own_path() -> None:
    faults = with_body("850", HEAD, LINE, "MEA*PD*G*5*LB>1>1>LB", TOTAL)
    assert faults == []
    assert with_body("850", HEAD, LINE, "MEA*PD*G*5*LB>1>1>QQ", TOTAL) == [
        ("invalid-code", "PO1[1]/MEA[1]/04-4", "AK403:7")
    ]


def test_the_rest_is_still_judged() -> None:
    faults = with_body(
        "850",
        HEAD,
        "ZZZ*1",
        *PARTY,
        "DTM*002*20260401",
        LINE,
        "PID*Q****Thing",
        LINE.replace("EA", "ZQ"),
        "CTT*x",
        "AMT*TT*1",
    )
    assert [(code, path) for code, path, _ in faults] == [
        ("unknown-segment", "ZZZ"),
        ("segment-out-of-order", "N1[1]/DTM"),
        ("invalid-code", "PO1[1]/PID[1]/01"),
        ("invalid-code", "PO1[2]/03"),
        ("invalid-character", "CTT[1]/01"),
    ]


@pytest.mark.parametrize(
    ("set_id", "body", "paths"),
    [
        ("850", (HEAD, *PARTY, LINE, "N1*ST*A", "REF*DP*1", "SLN*1**I", "N1*MF*B", "REF*DP*2", TOTAL, "AMT*TT*1"),
         ["BEG[1]", "N1[1]", "N1[1]/N3[1]", "N1[1]/N4[1]", "PO1[1]", "PO1[1]/N1[1]", "PO1[1]/N1[1]/REF[1]", "PO1[1]/SLN[1]",
          "PO1[1]/SLN[1]/N1[1]", "PO1[1]/SLN[1]/N1[1]/REF[1]", "CTT[1]", "CTT[1]/AMT[1]"]),
        ("850", (HEAD, "SAC*A*C310***100", LINE, "SAC*A*C310***100", "CUR*BY*USD", LINE, "SAC*A*C310***100", TOTAL),
         ["BEG[1]", "SAC[1]", "PO1[1]", "PO1[1]/SAC[1]", "PO1[1]/SAC[1]/CUR[1]", "PO1[2]", "PO1[2]/SAC[1]", "CTT[1]"]),
        ("810", (INVOICE[0], INVOICE[1], "TXI*ST*1", "TDS*1", "TXI*ST*2", "SAC*C*D240***5", "TXI*ST*3"),
         ["BIG[1]", "IT1[1]", "IT1[1]/TXI[1]", "TDS[1]", "TXI[1]", "SAC[1]", "SAC[1]/TXI[1]"]),
        ("856", NOTICE, ["BSN[1]", "HL[1]", "HL[2]", "HL[2]/PRF[1]", "HL[3]", "HL[3]/SN1[1]"]),
        ("855", ANSWER, ["BAK[1]", "PO1[1]", "PO1[1]/ACK[1]"]),
    ],
)  # fmt: skip
def test_a_tag_of_several_loops_is_placed_by_position(set_id: str, body: Sequence[str], paths: list[str]) -> None:
    (read,) = sets(one(set_id, body))
    assert read.findings == ()
    assert read.tree is not None
    assert [path for path, _ in read.tree.walk()] == paths


@pytest.mark.parametrize("set_id", SETS)
def test_every_place_has_a_name_of_its_own(set_id: str) -> None:
    compiled = plan(dictionary("004010"), set_id)
    assert compiled is not None
    names = [(node.parent, node.id) for node in compiled.nodes]
    assert len(names) == len(set(names))
    assert compiled.nodes[0].tag == "ST"
    assert compiled.nodes[-1].tag == "SE"


@pytest.mark.parametrize("set_id", SETS)
def test_the_end_can_be_reached_from_everywhere(set_id: str) -> None:
    compiled = plan(dictionary("004010"), set_id)
    assert compiled is not None
    for node in compiled.nodes[:-1]:
        if not node.loop:
            assert compiled.steps(node.index, "SE")


@pytest.mark.parametrize("set_id", SETS)
@given(seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_strange_segment_anywhere_is_one_finding(set_id: str, seed: int, data: st.DataObject) -> None:
    from translators.x12.write import segments

    body = [segment.decode()[:-1] for segment in segments(make_set(set_id, random.Random(seed), 0.2))]
    at = data.draw(st.integers(0, len(body)))
    stranger = data.draw(st.sampled_from(["ZZ1*1", "B3*1", "Q"]))
    faults = codes(one(set_id, [*body[:at], stranger, *body[at:]]))
    code = "segment-not-in-set" if stranger == "B3*1" else "unknown-segment"
    assert [fault[0] for fault in faults] == [code]


@pytest.mark.parametrize("set_id", SETS)
@given(seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_lost_mandatory_segment_is_told(set_id: str, seed: int, data: st.DataObject) -> None:
    from translators.x12.write import segments

    body = [segment.decode()[:-1] for segment in segments(make_set(set_id, random.Random(seed), 0.2))]
    first = dictionary("004010").sets[set_id].structure[1].tag
    assert body[0].startswith(first)
    assert codes(one(set_id, body[1:])) == [("missing-segment", first, "AK304:3")]


@pytest.mark.parametrize(
    ("detail", "severity"),
    [
        ("AK4*2*330*6*" + "x" * 100, Severity.WARNING),
        ("AK4*2*330*6*a\x01b", Severity.WARNING),
        ("AK4*2*330*QQ*ten", Severity.ERROR),
        ("AK4*2*33000*6*ten", Severity.ERROR),
        ("AK4*2*330*6*ten*more", Severity.ERROR),
    ],
)
def test_the_copy_of_bad_data_in_a_997_may_be_bad(detail: str, severity: Severity) -> None:
    body = ("AK1*PO*7", "AK2*850*0001", "AK3*PO1*3**8", detail, "AK5*R", "AK9*R*1*1*0")
    [fault] = found(one("997", body))
    assert (fault.segment, fault.severity) == ("AK4", severity)

"""Verdicts become acknowledgements that are themselves valid, whatever was wrong."""

import io
import random

import pytest
import pyx12.x12file  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.functional_acknowledgement import FunctionalAcknowledgement, SyntaxStatus
from translators import registry
from translators.x12.acknowledge import functional, interchange, is_acknowledged
from translators.x12.events import GroupEnd
from translators.x12.reader import read
from translators.x12.segments import Delimiters
from translators.x12.write import Form

from .generate import SETS, frame, make_set
from .samples import GS, ISA, NOTICE, a_group, a_set, an_interchange, ends, groups, joined, one

HEAD, LINE, TOTAL = a_set()[1:-1]


def acknowledged(data: bytes) -> FunctionalAcknowledgement:
    (group,) = groups(data)
    return functional(group)


def as_997(acknowledgement: FunctionalAcknowledgement, form: Form | None = None) -> bytes:
    nodes = registry.find("997").write(acknowledgement, "004010")
    return frame("997", [nodes], form or Form(substitute=" "))


def segments_of(acknowledgement: FunctionalAcknowledgement) -> list[str]:
    return as_997(acknowledgement).decode().split("~")[3:-4]


def test_a_good_group_is_accepted() -> None:
    assert segments_of(acknowledged(one())) == ["AK1*PO*7", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ((HEAD, LINE.replace("EA", "ZQ"), TOTAL), ["AK3*PO1*3**8", "AK4*3*355*7*ZQ", "AK5*R*5"]),
        ((HEAD, "N1*ST", LINE, TOTAL), ["AK3*N1*3**8", "AK4*2*93*2", "AK5*R*5"]),
        ((HEAD, LINE, "MEA*PD*G*5*LB>1>1>QQ", TOTAL), ["AK3*MEA*4*PO1*8", "AK4*4>4*355*7*QQ", "AK5*R*5"]),
        ((HEAD, LINE, "PID*Q****A*ZZ", TOTAL), ["AK3*PID*4*PO1*8", "AK4*1*349*7*Q", "AK4*6*752*7*ZZ", "AK5*R*5"]),
        ((HEAD, "ZZZ*1", LINE, TOTAL), ["AK3*ZZZ*3**1", "AK5*R*5"]),
        ((HEAD, LINE, "TOOLONG*1", TOTAL), ["AK3*TOO*4*PO1*1", "AK5*R*5"]),
        ((HEAD, LINE, "*1", TOTAL), ["AK3*??*4*PO1*1", "AK5*R*5"]),
        ((HEAD, LINE, "BIG*1", TOTAL), ["AK3*BIG*4*PO1*6", "AK5*R*5"]),
        ((HEAD, LINE, "LQ*0*1", TOTAL), ["AK3*LQ*4*PO1*2", "AK5*R*5"]),
        ((LINE, TOTAL), ["AK3*BEG*2**3", "AK5*R*5"]),
        ((HEAD, HEAD, LINE, TOTAL), ["AK3*BEG*3**5", "AK5*R*5"]),
        ((HEAD, LINE, TOTAL, "REF*DP*1"), ["AK3*REF*5*CTT*7", "AK5*R*5"]),
    ],
)  # fmt: skip
def test_every_fault_is_told_with_its_code(body: tuple[str, ...], expected: list[str]) -> None:
    assert segments_of(acknowledged(one(body=body)))[2:-1] == expected


@pytest.mark.parametrize(
    ("se", "codes"), [("SE*4*0001", ("4",)), ("SE*5*0002", ("3",)), ("SE*9*0009", ("4", "3")), (None, ("2",))]
)
def test_codes_of_the_set(se: str | None, codes: tuple[str, ...]) -> None:
    body = [*a_set()[:-1], *([se] if se else [])]
    (answer,) = acknowledged(joined(an_interchange(a_group(body)))).sets
    assert (answer.status, answer.codes, answer.faults) == (SyntaxStatus.REJECTED, codes, ())


def test_good_sets_of_a_group_are_accepted_beside_bad_ones() -> None:
    bad = a_set(body=(HEAD, TOTAL), number="0002")
    answer = segments_of(acknowledged(joined(an_interchange(a_group(a_set(), bad)))))
    assert answer == [
        "AK1*PO*7",
        "AK2*850*0001",
        "AK5*A",
        "AK2*850*0002",
        "AK3*PO1*3**3",
        "AK5*R*5",
        "AK9*P*2*2*1",
    ]


def test_warnings_alone_accept_with_errors() -> None:
    answer = segments_of(acknowledged(one(body=(HEAD, LINE, "PID*F****Red > blue", TOTAL))))
    assert answer[2:] == ["AK3*PID*4*PO1*8", "AK4*5*352*6*Red   blue", "AK5*E*5", "AK9*E*1*1*1"]


@pytest.mark.parametrize(
    ("gs", "ge", "ending"),
    [
        (GS.replace("004010", "003050"), "GE*1*7", "AK9*R*1*1*0*2"),
        (GS.replace("*PO*", "*QO*"), "GE*1*7", "AK9*R*1*1*0*1"),
        (GS, "GE*3*7", "AK9*R*3*1*0*5"),
        (GS, "GE*3*8", "AK9*R*3*1*0*5*4"),
    ],
)
def test_a_rejected_group_accepts_nothing(gs: str, ge: str, ending: str) -> None:
    acknowledgement = acknowledged(joined(an_interchange(a_group(a_set(), gs=gs, ge=ge))))
    assert segments_of(acknowledgement)[-1] == ending
    assert [answer.status for answer in acknowledgement.sets] == [SyntaxStatus.REJECTED]


def test_nothing_of_a_rejected_interchange_is_accepted() -> None:
    (group,) = groups(one())
    refused = functional(group, interchange_rejected=True)
    assert (refused.status, refused.accepted) == (SyntaxStatus.REJECTED, 0)
    assert [answer.status for answer in refused.sets] == [SyntaxStatus.REJECTED]


def test_at_most_five_codes() -> None:
    start = ["ST*810*", "ZZZ*1", "SE*9*0009"]
    data = joined(an_interchange(a_group(a_set(number="0001"), start)))
    answer = acknowledged(data).sets[1]
    assert len(answer.codes) <= 5
    assert set(answer.codes) >= {"3", "4", "5", "6", "7"}


@pytest.mark.parametrize(
    ("value", "copy"),
    [
        ("x" * 200, "x" * 99),
        ("a|b^c", "a b c"),
        ("tab\there", "tab here"),
        ("Zo\u00eb", "Zo?"),
        ("~", None),
        ("a" * 98 + "| b", "a" * 98),
    ],
)
def test_copies_of_bad_data_are_short_and_free_of_delimiters(value: str, copy: str | None) -> None:
    isa = ISA[:-1] + ":"
    body = a_set(body=(HEAD, LINE.replace("EA", value), TOTAL))
    data = joined(an_interchange(a_group(body), isa=isa), "\n")
    (group,) = groups(data)
    acknowledgement = functional(group, delimiters=Delimiters("|", "^", "~"))
    (fault,) = acknowledgement.sets[0].faults
    assert fault.elements[0].value == copy
    assert b"|AK4" not in as_997(acknowledgement, Form(Delimiters("|", "^", "~")))


def test_acknowledgements_are_never_acknowledged() -> None:
    assert not is_acknowledged(groups(one("997"))[0].header)
    assert is_acknowledged(groups(one())[0].header)
    without_gs = joined([ISA, *a_set(), "IEA*0*000000042"])
    assert not is_acknowledged(groups(without_gs)[0].header)


@pytest.mark.parametrize(
    ("data", "status", "note"),
    [
        (one(), "accepted", "000"),
        (one().replace(b"*U*00401", b"*^*00401"), "accepted_with_errors", "016"),
        (one().replace(b"IEA*1*", b"IEA*2*"), "rejected", "021"),
        (one()[:-30], "rejected", "023"),
        (one().replace(b"*260304*1516*U", b"*260004*1516*U"), "accepted_with_errors", "014"),
    ],
)
def test_ta1(data: bytes, status: str, note: str) -> None:
    (end,) = ends(data)
    answer = interchange(end)
    assert (answer.status, answer.note, answer.control_number) == (status, note, "000000042")


def test_a_duplicate_control_number_is_rejected() -> None:
    (end,) = ends(one())
    answer = interchange(end, duplicate=True)
    assert (answer.status, answer.note) == ("rejected", "025")


def pyx12_complaints(data: bytes) -> list[object]:
    """What pyx12's own reader finds wrong with the envelope, the counts and the control numbers."""
    complaints: list[object] = []
    with pyx12.x12file.X12Reader(io.StringIO(data.decode("ascii"))) as reader:
        for _ in reader:
            complaints.extend(reader.pop_errors())
        reader.cleanup()
        complaints.extend(reader.pop_errors())
    return complaints


@pytest.mark.parametrize("set_id", ["850", "856"])
@given(seed=st.integers(0, 2**32), mutation=st.data())
@settings(max_examples=15, deadline=None)
def test_acknowledgements_are_valid_whatever_was_wrong(set_id: str, seed: int, mutation: st.DataObject) -> None:
    chance = random.Random(seed)
    data = bytearray(frame(set_id, [make_set(set_id, chance, 0.1) for _ in range(2)]))
    for _ in range(mutation.draw(st.integers(0, 6))):
        at = mutation.draw(st.integers(190, len(data)))
        data[at : at + mutation.draw(st.sampled_from([0, 1, 2, 20]))] = mutation.draw(
            st.sampled_from([b"", b"*", b"~", b"~ST*", b"\xff", b"\n", b">", b"Q", b"~" + NOTICE[1].encode() + b"~"])
        )
    for event in read([bytes(data)]):
        if isinstance(event, GroupEnd) and is_acknowledged(event.header):
            answer = as_997(functional(event), Form(substitute=" ", encoding="latin-1"))
            found = [fault for each in read([answer]) for fault in each.findings if fault.is_error]
            assert found == []


@pytest.mark.parametrize(
    "data",
    [
        one(),
        one(body=(HEAD, LINE.replace("EA", "ZQ"), "ZZZ*1", TOTAL)),
        joined(an_interchange(a_group(a_set(), a_set(body=(HEAD, TOTAL), number="0002")))),
        joined(an_interchange(a_group(a_set(), ge="GE*3*8"))),
    ],
)
def test_pyx12_reads_our_acknowledgements(data: bytes) -> None:
    assert pyx12_complaints(as_997(acknowledged(data))) == []


def test_pyx12_would_notice_a_bad_one() -> None:
    assert pyx12_complaints(as_997(acknowledged(one())).replace(b"AK5*A~", b""))


@pytest.mark.parametrize("set_id", SETS)
def test_generated_sets_are_accepted(set_id: str) -> None:
    (group,) = groups(frame(set_id, [make_set(set_id, random.Random(5), 0.2)]))
    assert functional(group).status is SyntaxStatus.ACCEPTED

"""Verdicts become acknowledgements that are themselves valid, whatever was wrong."""

import io
import random

import pytest
import pyx12.x12file  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.finding import Finding
from canonical.functional_acknowledgement import AcknowledgementKind, FunctionalAcknowledgement, SyntaxStatus
from translators import registry
from translators.x12.acknowledge import AnswerForm, functional, interchange, named
from translators.x12.events import GroupEnd, InterchangeEnd
from translators.x12.reader import read
from translators.x12.segments import Delimiters
from translators.x12.write import Form, acknowledgements

from .generate import ENVELOPE, SETS, frame, make_set
from .samples import GS, ISA, NOTICE, a_group, a_set, an_interchange, ends, groups, joined, one

HEAD, LINE, TOTAL = a_set()[1:-1]


A_997 = AnswerForm()
A_997_OF_5010 = AnswerForm(version="005010", delimiters=Delimiters(repetition="^"))
A_999 = AnswerForm(AcknowledgementKind.IMPLEMENTATION, "005010", Delimiters(repetition="^"))
ODD = AnswerForm(delimiters=Delimiters("|", "?", "\n"))
FORMS = {"997": A_997, "997 of 005010": A_997_OF_5010, "999": A_999, "997 with odd delimiters": ODD}


def acknowledged(data: bytes, form: AnswerForm = A_997) -> FunctionalAcknowledgement:
    (group,) = groups(data)
    answer = functional(group, form)
    assert answer is not None
    return answer


def written(acknowledgement: FunctionalAcknowledgement, form: AnswerForm = A_997) -> bytes:
    """As it leaves: nothing in it is substituted any more."""
    found = registry.for_document(acknowledgement)
    nodes = found.write(acknowledgement, form.version)
    return frame(found.set_id, [nodes], Form(form.delimiters), form.version)


def segments_of(acknowledgement: FunctionalAcknowledgement, form: AnswerForm = A_997) -> list[str]:
    return written(acknowledgement, form).decode().split("~")[3:-4]


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
    assert refused is not None
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
        ("~", None),
        ("a" * 98 + "| b", "a" * 98),
        ("Stra\u00dfe", "Stra e"),
    ],
)
def test_copies_of_bad_data_are_short_and_free_of_delimiters(value: str, copy: str | None) -> None:
    isa = ISA[:-1] + ":"
    body = a_set(body=(HEAD, LINE.replace("EA", value), TOTAL))
    data = joined(an_interchange(a_group(body), isa=isa), "\n")
    form = AnswerForm(delimiters=Delimiters("|", "^", "~"))
    acknowledgement = acknowledged(data, form)
    (fault,) = acknowledgement.sets[0].faults
    assert fault.elements[0].value == copy
    assert b"|AK4" not in written(acknowledgement, form)


@pytest.mark.parametrize("set_id", ["997", "999"])
def test_acknowledgements_are_never_acknowledged(set_id: str) -> None:
    gs = GS.replace("*PO*", "*FA*").replace("004010", "005010")
    body = ("AK1*PO*7", "AK2*850*0001", "AK5*A" if set_id == "997" else "IK5*A", "AK9*A*1*1*1")
    (group,) = groups(joined(an_interchange(a_group(a_set(set_id, body), gs=gs))))
    assert group.status is SyntaxStatus.ACCEPTED
    assert (named(group), functional(group)) == (None, None)


def test_a_group_without_a_header_is_left_to_a_ta1() -> None:
    data = joined([ISA, *a_set(), "IEA*0*000000042"])
    assert functional(groups(data)[0]) is None
    assert ends(data)[0].note == "024"


@pytest.mark.parametrize(
    ("gs", "first"),
    [
        (GS.replace("*PO*", "*QO*"), "AK1*QO*7"),
        (GS.replace("*PO*", "*po*"), "AK1*PO*7"),
        (GS.replace("*PO*", "**"), "AK1*PO*7"),
        (GS.replace("*7*X", "*7A*X"), "AK1*PO*7"),
        (GS.replace("*7*X", "*-12345678901*X"), "AK1*PO*123456789"),
        (GS.replace("*7*X", "*seven*X"), "AK1*PO*0"),
        (GS.replace("*X*004010", ""), "AK1*PO*7"),
    ],
)
def test_a_group_whose_header_is_bad_is_answered(gs: str, first: str) -> None:
    (group,) = groups(joined(an_interchange(a_group(a_set(), gs=gs))))
    answer = functional(group)
    assert answer is not None
    assert (answer.status, answer.accepted, answer.sets[0].status) == (SyntaxStatus.REJECTED, 0, SyntaxStatus.REJECTED)
    assert segments_of(answer)[0] == first
    assert faults_of(written(answer)) == []


def test_a_group_that_nothing_names_gets_no_997() -> None:
    (group,) = groups(joined(an_interchange(a_group(a_set("999", ()), gs=GS.replace("*PO*", "*??*")))))
    assert functional(group) is None


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


ORDER_5010 = GS.replace("004010", "005010")
ISA_5010 = ISA.replace("*U*00401*", "*^*00501*")


def of_5010(*body: str, st: str = "ST*850*0001") -> bytes:
    order = [st, *body, f"SE*{len(body) + 2}*0001"]
    return joined(an_interchange(a_group(order, gs=ORDER_5010), isa=ISA_5010))


def test_a_999_names_version_guideline_and_the_order() -> None:
    data = of_5010(HEAD, LINE.replace("EA", "##"), "ZZZ*1", TOTAL, st="ST*850*0001*005010X001")
    assert segments_of(acknowledged(data, A_999), A_999) == [
        "AK1*PO*7*005010",
        "AK2*850*0001*005010X001",
        "IK3*PO1*3**8",
        "CTX*BEG03>4500123",
        "IK4*3*355*7*##",
        "IK3*ZZZ*4*PO1*1",
        "CTX*BEG03>4500123",
        "IK5*R*5",
        "AK9*R*1*1*0",
    ]


def test_a_997_of_005010_names_the_version_of_the_group() -> None:
    assert segments_of(acknowledged(of_5010(HEAD, LINE, TOTAL), A_997_OF_5010), A_997_OF_5010)[0] == "AK1*PO*7*005010"
    assert segments_of(acknowledged(of_5010(HEAD, LINE, TOTAL)))[0] == "AK1*PO*7"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("MEA*PD*G*5*" + ">".join(["LB>1>1"] * 5) + ">LB", {"997": "3", "997 of 005010": "13", "999": "13"}),
        ("CUR*BY*USD^CAD", {"997": "3", "997 of 005010": "12", "999": "12"}),
        ("N9*ZZ*A^B", {"997": "3", "997 of 005010": "12", "999": "12"}),
        ("REF*!!*1", {"997": "7", "997 of 005010": "7", "999": "7"}),
    ],
)
def test_codes_are_those_of_the_version_that_is_written(body: str, codes: dict[str, str]) -> None:
    data = of_5010(HEAD, LINE, body, TOTAL) if body.startswith("MEA") else of_5010(HEAD, body, LINE, TOTAL)
    for name, code in codes.items():
        (fault,) = acknowledged(data, FORMS[name]).sets[0].faults
        assert [element.code for element in fault.elements][:1] == [code], name


def faults_of(data: bytes) -> list[Finding]:
    """What our own reader would reject."""
    return [fault for event in read([data]) for fault in event.findings if fault.is_error]


def pyx12_complaints(data: bytes) -> list[object]:
    """What pyx12's own reader finds wrong with the envelope, the counts and the control numbers."""
    complaints: list[object] = []
    with pyx12.x12file.X12Reader(io.StringIO(data.decode("ascii"))) as reader:
        for _ in reader:
            complaints.extend(reader.pop_errors())
        reader.cleanup()
        complaints.extend(reader.pop_errors())
    return complaints


PIECES = [b"", b"*", b"~", b"~ST*", b"\xff", b"\n", b">", b"^", b"Q", b"?", b"00", b"~" + NOTICE[1].encode() + b"~"]
"""What stands in the place of some bytes of a broken interchange."""


@st.composite
def broken_interchanges(draw: st.DrawFn) -> bytes:
    """An interchange of two sets with a few bytes changed anywhere behind the first letters of its ISA."""
    version = draw(st.sampled_from(["004010", "004060", "005010"]))
    set_id = draw(st.sampled_from(["850", "856", "810"]))
    chance = random.Random(draw(st.integers(0, 2**32)))
    form = Form(Delimiters(repetition="^" if version >= "00402" else None))
    data = bytearray(frame(set_id, [make_set(set_id, chance, 0.1, version) for _ in range(2)], form, version))
    envelope = draw(st.booleans())
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(4, 190) if envelope else st.integers(106, len(data)))
        data[at : at + draw(st.sampled_from([0, 1, 2, 20]))] = draw(st.sampled_from(PIECES))
    return bytes(data)


def answers(data: bytes, form: AnswerForm) -> list[bytes]:
    """Every acknowledgement that can be made of a file, as it would leave."""
    made = []
    for event in read([data]):
        if isinstance(event, GroupEnd):
            for rejected in (False, True):
                answer = functional(event, form, interchange_rejected=rejected)
                if answer is not None:
                    made.append(written(answer, form))
        elif isinstance(event, InterchangeEnd):
            for duplicate in (False, True):
                answered = interchange(event, duplicate=duplicate)
                made.append(acknowledgements(ENVELOPE, [answered], Form(form.delimiters)))
    return made


@pytest.mark.parametrize("form", FORMS)
@given(data=broken_interchanges())
@settings(max_examples=40, deadline=None)
def test_every_acknowledgement_is_valid_whatever_was_wrong(form: str, data: bytes) -> None:
    for answer in answers(data, FORMS[form]):
        assert faults_of(answer) == []


@pytest.mark.parametrize("form", [name for name in FORMS if name != "997 with odd delimiters"])
@given(data=broken_interchanges())
@settings(max_examples=20, deadline=None)
def test_pyx12_reads_every_acknowledgement(form: str, data: bytes) -> None:
    for answer in answers(data, FORMS[form]):
        assert pyx12_complaints(answer) == []


def test_pyx12_would_notice_a_bad_one() -> None:
    assert pyx12_complaints(written(acknowledged(one())).replace(b"AK5*A~", b""))


def test_our_reader_would_notice_a_bad_one() -> None:
    assert faults_of(written(acknowledged(one())).replace(b"AK1*PO", b"AK1*po"))


@pytest.mark.parametrize("set_id", SETS)
def test_generated_sets_are_accepted(set_id: str) -> None:
    (group,) = groups(frame(set_id, [make_set(set_id, random.Random(5), 0.2)]))
    answer = functional(group)
    assert (answer is None) if set_id == "997" else (answer is not None and answer.status is SyntaxStatus.ACCEPTED)

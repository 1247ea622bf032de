"""What is written can be read again and says the same; what cannot be written is refused."""

import datetime
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.errors import Fault
from canonical.functional_acknowledgement import SyntaxStatus
from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from translators.x12.events import AnswerRead, GroupEnd, InterchangeEnd, InterchangeStart, SetRead
from translators.x12.reader import read
from translators.x12.segments import Delimiters, Node, Repeated, Segment, SegmentNode
from translators.x12.values import CannotWrite
from translators.x12.write import (
    Envelope,
    Form,
    GroupToWrite,
    SetToWrite,
    acknowledgements,
    interchange,
    segment,
)
from translators.x12.written import WrittenSet

from .generate import ENVELOPE, SETS, frame, make_set, shape
from .samples import ISA

FORMS = [
    Form(),
    Form(line_break="\n"),
    Form(Delimiters("|", "^", "\n")),
    Form(Delimiters("*", ":", "\r"), line_break="\n"),
    Form(Delimiters("\x1d", "\x1f", "\x1c")),
]


CASES = [
    *((set_id, "004010") for set_id in SETS),
    *((set_id, "005010") for set_id in (*SETS, "999")),
    ("850", "004030"),
    ("856", "004060"),
]


@pytest.mark.parametrize(("set_id", "version"), CASES)
@given(seed=st.integers(0, 2**32), form=st.sampled_from(FORMS), count=st.integers(1, 2))
@settings(max_examples=12, deadline=None)
def test_written_sets_are_read_as_they_were(set_id: str, version: str, seed: int, form: Form, count: int) -> None:
    chance = random.Random(seed)
    if version >= "00402":
        form = replace(form, delimiters=replace(form.delimiters, repetition="`"))
    trees = [make_set(set_id, chance, version=version) for _ in range(count)]
    events = list(read([frame(set_id, trees, form, version)]))
    sets = [event for event in events if isinstance(event, SetRead)]
    assert [found for event in events for found in event.findings if found.is_error] == []
    assert [event.status for event in sets] == [SyntaxStatus.ACCEPTED] * count
    assert [shape(event.tree.children) for event in sets if event.tree] == [shape(tree) for tree in trees]
    group = next(event for event in events if isinstance(event, GroupEnd))
    assert (group.status, group.claimed, group.received, group.accepted) == (SyntaxStatus.ACCEPTED, count, count, count)
    end = events[-1]
    assert isinstance(end, InterchangeEnd)
    assert (end.status, end.note, end.groups) == (SyntaxStatus.ACCEPTED, "000", 1)


def test_the_isa_is_106_characters_at_fixed_places() -> None:
    data = interchange(ENVELOPE, [])
    assert data == (
        b"ISA*00*          *00*          *ZZ*SUPPLIER       *01*123456789      *260304*1516*U*00401*000000042*0*T*>~"
        b"IEA*0*000000042~"
    )
    assert data.index(b"~") == 105


def test_group_and_set_count_themselves() -> None:
    nodes = [SegmentNode("BIG", Segment("BIG", ("20260304", "17"))), SegmentNode("TDS", Segment("TDS", ("100",)))]
    group = GroupToWrite("IN", 9, "004010", "US", "THEM", [SetToWrite("810", "0001", nodes)])
    assert interchange(ENVELOPE, [group]).split(b"~")[1:-1] == [
        b"GS*IN*US*THEM*20260304*1516*9*X*004010",
        b"ST*810*0001",
        b"BIG*20260304*17",
        b"TDS*100",
        b"SE*4*0001",
        b"GE*1*9",
        b"IEA*1*000000042",
    ]


def one_set(nodes: Sequence[Node], form: Form) -> bytes:
    return interchange(
        ENVELOPE, [GroupToWrite("IN", 9, "004010", "US", "THEM", [SetToWrite("810", "0001", nodes)])], form
    )


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Form(), "BIG*20260304*Zoë-17~TDS*100~"),
        (Form(line_break="\n"), "BIG*20260304*Zoë-17~\nTDS*100~\n"),
        (Form(Delimiters("|", "^", "\r"), encoding="latin-1"), "BIG|20260304|Zoë-17\rTDS|100\r"),
        (Form(Delimiters(">", "*", "'")), "BIG>20260304>Zoë-17'TDS>100'"),
    ],
)
def test_a_written_set_goes_out_as_its_text(form: Form, expected: str) -> None:
    def unneeded() -> list[Node]:
        raise AssertionError("the text would have done")

    data = one_set(WrittenSet("BIG*20260304*Zoë-17~TDS*100~", 2, unneeded), form)
    assert expected.encode(form.encoding) in data
    assert f"SE{form.delimiters.element}4".encode() in data


@pytest.mark.parametrize(
    "form",
    [Form(Delimiters("-")), Form(Delimiters(repetition="-")), Form(encoding="ascii"), Form(line_break="7")],
)
def test_a_written_set_that_does_not_suit_the_form_is_refused_by_its_nodes(form: Form) -> None:
    nodes = [SegmentNode("BIG", Segment("BIG", ("20260304", "Zoë-17")))]
    with pytest.raises(CannotWrite) as by_nodes:
        one_set(nodes, form)
    with pytest.raises(CannotWrite) as by_text:
        one_set(WrittenSet("BIG*20260304*Zoë-17~", 1, lambda: nodes), form)
    assert str(by_text.value) == str(by_nodes.value)


def test_a_written_set_is_its_nodes_to_who_looks() -> None:
    nodes = [SegmentNode("BIG", Segment("BIG", ("1",))), SegmentNode("TDS", Segment("TDS", ("2",)))]
    made: list[int] = []

    def make() -> list[Node]:
        made.append(1)
        return [*nodes]

    found = WrittenSet("BIG*1~TDS*2~", 2, make)
    assert found
    assert made == []
    assert (list(found), found[1], found[:1], len(found)) == (nodes, nodes[1], nodes[:1], 2)
    assert made == [1]


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        (("A", "", "B", "", ""), b"REF*A**B~"),
        (("A", ("1", "", "2", "")), b"REF*A*1>>2~"),
        (("A", ("", "")), b"REF*A~"),
        (("A", ()), b"REF*A~"),
        (("Zoë",), "REF*Zoë~".encode()),
    ],
)
def test_no_separators_at_the_end(elements: tuple[str, ...], expected: bytes) -> None:
    assert segment("REF", elements) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "5*4",
            "contains '*', which separates data in this interchange. Change the text where it comes from, or agree other",
        ),
        ("a>b", "contains '>', which separates data"),
        ("~", "contains '~', which separates data"),
        ("line\nbreak", r"'\n' in it is no text. Take it out where the text comes from."),
        ("tab\t", r"'\t' in it is no text."),
        ("\x7f", r"'\x7f' in it is no text."),
    ],
)
def test_data_that_cannot_be_sent_is_refused_with_what_can_be_done(text: str, told: str) -> None:
    with pytest.raises(CannotWrite) as refused:
        segment("REF", ("ZZ", text))
    assert refused.value.fault is Fault.OPERATOR
    assert refused.value.message.startswith(f"REF02 is {text!r}; ")
    assert told in refused.value.message


def test_a_segment_without_data_is_refused() -> None:
    with pytest.raises(CannotWrite, match="no empty segments"):
        segment("REF", ("", ""))


def test_text_that_the_encoding_cannot_hold_is_refused() -> None:
    with pytest.raises(CannotWrite, match="ascii"):
        segment("N1", ("ST", "Zoë"), Form(encoding="ascii"))


@pytest.mark.parametrize(
    "delimiters",
    [Delimiters("*", "*"), Delimiters("A"), Delimiters("**"), Delimiters(""), Delimiters("é"), Delimiters(segment=" ")],
)
def test_delimiters_that_cannot_work_are_refused(delimiters: Delimiters) -> None:
    with pytest.raises(CannotWrite, match="delimiters"):
        interchange(ENVELOPE, [], Form(delimiters))


@pytest.mark.parametrize(
    ("sender", "qualifier", "number"),
    [("", "ZZ", 1), ("X" * 16, "ZZ", 1), ("US", "", 1), ("A*B", "ZZ", 1), ("US", "ZZ", 10**9), ("US", "ZZ", -1)],
)
def test_envelopes_that_do_not_fit_are_refused(sender: str, qualifier: str, number: int) -> None:
    moment = datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC)
    with pytest.raises(CannotWrite):
        interchange(Envelope(qualifier, sender, "ZZ", "THEM", number, moment), [])


def test_repetition_separator_is_written_for_later_versions() -> None:
    moment = datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC)
    envelope = Envelope("ZZ", "US", "ZZ", "THEM", 1, moment, version="00501")
    start = next(iter(read([interchange(envelope, [], Form(Delimiters(repetition="^")))])))
    assert isinstance(start, InterchangeStart)
    assert start.header.delimiters.repetition == "^"
    assert start.findings == ()


CONTEXTS = Segment("CTX", (Repeated((("BEG03", "17"), ("SITUATIONAL TRIGGER",))), "PO1", "3"))


def test_elements_that_repeat_go_there_and_back() -> None:
    form = Form(Delimiters(repetition="^"))
    assert segment(CONTEXTS.tag, CONTEXTS.elements, form) == b"CTX*BEG03>17^SITUATIONAL TRIGGER*PO1*3~"
    receipt = "AK1*PO*7~AK2*850*0001~IK3*PO1*3**8~CTX*BEG03>17^^SITUATIONAL TRIGGER>^*PO1*3~IK5*R*5~AK9*R*1*1*0~"
    isa = ISA.replace("*U*00401*", "*^*00501*")
    data = f"{isa}~GS*FA*A1*B1*20260304*1516*7*X*005010~ST*999*0001~{receipt}SE*8*0001~GE*1*7~IEA*1*000000042~"
    (found,) = (event for event in read([data.encode()]) if isinstance(event, SetRead))
    assert found.tree is not None
    assert [each.elements for _, each in found.tree.walk() if each.tag == "CTX"] == [CONTEXTS.elements]
    assert (CONTEXTS.text(1), CONTEXTS.components(1)) == ("BEG03", ("BEG03", "17"))


def test_what_repeats_cannot_be_written_before_00402() -> None:
    with pytest.raises(CannotWrite, match="CTX01 has 2 values, but this interchange cannot repeat elements"):
        segment(CONTEXTS.tag, CONTEXTS.elements)


def test_ta1_goes_there_and_back() -> None:
    answer = InterchangeAcknowledgement(
        control_number="000000017",
        interchange_date=datetime.date(2026, 3, 4),
        interchange_time=datetime.time(15, 16),
        status="rejected",
        note="025",
    )
    events = list(read([acknowledgements(ENVELOPE, [answer])]))
    assert [event.acknowledgement for event in events if isinstance(event, AnswerRead)] == [answer]
    assert [found for event in events for found in event.findings] == []

"""Whole files, in whatever state: everything is told, everything is ended, nothing escapes."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.functional_acknowledgement import SyntaxStatus
from translators.x12.events import (
    AnswerRead,
    Event,
    FileFindings,
    GroupEnd,
    GroupStart,
    InterchangeEnd,
    InterchangeStart,
    SetRead,
)
from translators.x12.reader import read
from translators.x12.schema import dictionary, versions

from .generate import SETS, frame, make_set
from .mutate import mutated
from .pieces import random_pieces
from .samples import GS, ISA, a_group, a_set, an_interchange, codes, ends, events, groups, joined, one, sets


def kinds(data: bytes) -> list[str]:
    return [type(event).__name__ for event in events(data)]


def assert_everything_is_ended(read_events: list[Event]) -> None:
    depth: list[str] = []
    for event in read_events:
        match event:
            case InterchangeStart():
                assert depth == []
                depth.append("interchange")
            case GroupStart():
                assert depth == ["interchange"]
                depth.append("group")
            case SetRead():
                assert depth == ["interchange", "group"]
            case GroupEnd():
                assert depth.pop() == "group"
            case InterchangeEnd():
                assert depth.pop() == "interchange"
            case AnswerRead():
                assert depth == ["interchange"]
            case FileFindings():
                assert depth == []
                assert event.findings
    assert depth == []


WHOLE = joined(an_interchange(a_group(a_set(), a_set("850", number="0002")), a_group(a_set("997"), set_id="997")))


@pytest.mark.parametrize("version", versions())
@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_pieces_do_not_matter(version: str, seed: int) -> None:
    chance = random.Random(seed)
    set_id = chance.choice(sorted(dictionary(version).sets))
    data = frame(set_id, [make_set(set_id, chance, 0.15, version) for _ in range(2)], version=version)
    data = chance.choice((data, mutated(chance, data).data))
    whole = list(read([data]))
    assert list(read(random_pieces(data, chance))) == whole


def test_the_events_of_a_good_file() -> None:
    assert kinds(WHOLE) == [
        "InterchangeStart",
        "GroupStart",
        "SetRead",
        "SetRead",
        "GroupEnd",
        "GroupStart",
        "SetRead",
        "GroupEnd",
        "InterchangeEnd",
    ]
    start, group, first, *_ = events(WHOLE)
    assert isinstance(start, InterchangeStart)
    assert isinstance(group, GroupStart)
    assert isinstance(first, SetRead)
    assert (start.header.sender, start.header.sender_qualifier) == ("SUPPLIER", "ZZ")
    assert (start.header.receiver, start.header.receiver_qualifier) == ("123456789", "01")
    assert (start.header.control_number, start.header.test, start.header.wants_acknowledgement) == (
        "000000042",
        True,
        False,
    )
    assert (group.header.functional_id, group.header.control_number, group.header.version) == ("PO", "7", "004010")
    assert (first.header.set_id, first.header.control_number, first.segment_count) == ("850", "0001", 5)
    assert WHOLE[first.offset :].startswith(b"ST*850*0001")
    assert first.tree is not None
    assert [(path, segment.index) for path, segment in first.tree.walk()] == [
        ("BEG[1]", 2),
        ("PO1[1]", 3),
        ("CTT[1]", 4),
    ]


@pytest.mark.parametrize("at", range(len(WHOLE) - 1))
def test_cut_off_anywhere(at: int) -> None:
    read_events = list(read([WHOLE[:at]]))
    assert_everything_is_ended(read_events)
    assert any(found.is_error for event in read_events for found in event.findings)
    if at > 106:
        end = read_events[-1]
        assert isinstance(end, InterchangeEnd)
        assert end.status is SyntaxStatus.REJECTED
        whole_sets = WHOLE[:at].count(b"~SE*")
        accepted = [
            event for event in read_events if isinstance(event, SetRead) and event.status is SyntaxStatus.ACCEPTED
        ]
        assert len(accepted) <= whole_sets


def test_a_file_cut_off_in_a_set_can_be_answered() -> None:
    data = WHOLE[: WHOLE.index(b"PO1") + 5]
    (group,) = groups(data)
    assert (group.header.control_number, group.codes, group.status) == ("7", ("3",), SyntaxStatus.REJECTED)
    assert [(verdict.control_number, verdict.codes) for verdict in group.verdicts] == [("0001", ("2",))]
    assert ends(data)[0].note == "023"


@pytest.mark.parametrize(
    ("drop", "expected", "found_sets"),
    [
        ("SE", [("missing-se", "AK502:2")], 1),
        ("GE", [("missing-ge", "AK905:3")], 1),
        ("IEA", [("missing-iea", "TA105:023")], 1),
        ("ST", [("segment-outside-set", None), ("ge-count", "AK905:5")], 0),
        ("GS", [("set-outside-group", "TA105:024"), ("iea-count", "TA105:021")], 1),
    ],
)
def test_a_lost_envelope_segment(drop: str, expected: list[tuple[str, str | None]], found_sets: int) -> None:
    segments = [segment for segment in an_interchange(a_group(a_set())) if not segment.startswith(drop + "*")]
    data = joined(segments)
    assert_everything_is_ended(events(data))
    assert [(code, ack) for code, _, ack in codes(data)] == expected
    assert len(sets(data)) == found_sets
    assert not any(verdict.accepted for group in groups(data) for verdict in group.verdicts if drop in ("SE", "GS"))


def test_a_lost_isa_is_told() -> None:
    data = joined(an_interchange(a_group(a_set()))[1:])
    assert [code for code, *_ in codes(data)] == ["no-interchange"]
    data = one() + joined(an_interchange(a_group(a_set()))[1:])
    assert [code for code, *_ in codes(data)] == ["data-outside-interchange"]


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "empty"),
        (b"  \r\n", "no X12"),
        (b"hello world", "no X12"),
        (b"%PDF-1.7 \x00\xff", "no X12"),
        (one().decode().encode("utf-16"), "UTF-16"),
        (one().decode().encode("utf-16-be"), "UTF-16"),
        (one().decode().encode("cp037"), "EBCDIC"),
        (b"GS*PO*A*B~ST*850*0001~", "ISA to IEA"),
    ],
)
def test_no_interchange_is_one_finding_that_says_why(data: bytes, hint: str) -> None:
    (event,) = events(data)
    assert isinstance(event, FileFindings)
    (found,) = event.findings
    assert found.code == "no-interchange"
    assert hint in found.message


def test_a_gigabyte_of_nothing_is_not_kept() -> None:
    piece = b"no X12 here " * 5_000
    (event,) = read(piece for _ in range(300))
    assert [found.code for found in event.findings] == ["no-interchange"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xef\xbb\xbf" + one(), "byte-order-mark"),
        (b"From: someone\r\n\r\n" + one(), "junk-outside-interchange"),
        (one() + b"-- end --", "junk-outside-interchange"),
        (one()[:-1], "unterminated-segment"),
        (one().replace(b"~PO1", b"~~PO1"), "empty-segment"),
        (one().replace(b"~PO1", b"~\r\n  PO1"), "white-space-around-segments"),
        (one().replace(b"ISA*00*          *", b"ISA*00**"), "isa-not-fixed-width"),
        (b"\n".join(one()[at : at + 80] for at in range(0, len(one()), 80)), "wrapped-lines"),
        (b"ISA-ish\n" + one(), "unreadable-isa"),
    ],
)
def test_odd_files_are_read_and_told(data: bytes, code: str) -> None:
    assert [found for found, *_ in codes(data)] == [code]
    (found_set,) = sets(data)
    assert found_set.status is SyntaxStatus.ACCEPTED
    assert ends(data)[0].status is SyntaxStatus.ACCEPTED


def test_what_is_not_looked_for_any_more_is_told() -> None:
    """A file full of what only begins like an ISA: what is wrong once, and then that only the form of the standard is read."""
    found = [finding for event in read([b"ISA-ish\n" * 1000 + one()]) for finding in event.findings]
    assert [each.code for each in found] == ["unreadable-isa", "unreadable-isa"]
    assert "From here on only an ISA of exactly 106 characters is looked for" in found[1].message
    assert found[1].offset == 99 * len(b"ISA-ish\n")
    (found_set,) = sets(b"ISA-ish\n" * 1000 + one())
    assert found_set.status is SyntaxStatus.ACCEPTED


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        (one().replace(b"~", b"~\r\n"), ["line-breaks-between-segments"]),
        (one().replace(b"~", b"\r\n"), []),
        (one().replace(b"~", b"\n"), []),
        (one().replace(b"CTT*1", b"CTT*1***"), ["trailing-separators"]),
        (one(body=["BEG*00*SA*1**20260304", "PO1*1*1*EA", "PID*F****Zo\u00eb"]), ["non-ascii-text"]),
    ],
)
def test_harmless_things_are_notes(data: bytes, notes: list[str]) -> None:
    assert codes(data) == []
    assert [found.code for event in events(data) for found in event.findings] == notes


@pytest.mark.parametrize(
    ("raw", "text"), [("Zoë €".encode(), "Zoë €"), (b"Zo\xeb", "Zoë"), (b"\xff\xfe", "ÿþ"), (b"plain", "plain")]
)
def test_text_is_utf_8_or_else_iso_8859_1(raw: bytes, text: str) -> None:
    data = one(body=["BEG*00*SA*1**20260304", "PO1*1*1*EA", "PID*F****TEXT", "ZZZ*1"]).replace(b"TEXT", raw)
    (found_set,) = sets(data)
    assert found_set.tree is not None
    assert [segment.text(5) for path, segment in found_set.tree.walk() if path.endswith("PID[1]")] == [text]
    (stranger,) = found_set.findings
    assert stranger.offset is not None
    assert data[stranger.offset :].startswith(b"ZZZ*1")


@pytest.mark.parametrize(("raw", "text"), [("€", None), ("₂", "₂"), ("⬬", "⬬")])
def test_bytes_of_a_terminator_of_several_bytes_are_no_plain_text(raw: str, text: str | None) -> None:
    """The terminator is the euro sign, E2 82 AC; other characters are made of the same bytes."""
    euro = "€".encode()
    data = one(body=["BEG*00*SA*1**20260304", "PO1*1*1*EA", "PID*F****TEXT"]).replace(b"~", euro)
    (found_set,) = sets(data.replace(b"TEXT", raw.encode() if text else b"TEXT"))
    assert found_set.tree is not None
    assert [segment.text(5) for path, segment in found_set.tree.walk() if path.endswith("PID[1]")] == [text or "TEXT"]


def test_several_interchanges_with_other_delimiters_are_all_read() -> None:
    other = one("810").replace(b"*", b"|").replace(b">", b":").replace(b"~", b"\n")
    data = one() + b"\r\n" + other + one("856")
    assert codes(data) == []
    assert [found.header.set_id for found in sets(data)] == ["850", "810", "856"]
    assert [end.header.delimiters.segment for end in ends(data)] == ["~", "\n", "~"]


def test_a_lost_iea_before_the_next_isa() -> None:
    data = joined(an_interchange(a_group(a_set()))[:-1]) + one("810")
    assert codes(data) == [("missing-iea", "IEA", "TA105:023")]
    assert [end.status for end in ends(data)] == [SyntaxStatus.REJECTED, SyntaxStatus.ACCEPTED]


def test_a_set_without_a_group_is_found_but_never_accepted() -> None:
    data = joined([ISA, *a_set(), "IEA*0*000000042"])
    assert codes(data) == [("set-outside-group", "GS", "TA105:024")]
    (found_set,) = sets(data)
    assert found_set.status is SyntaxStatus.REJECTED
    (group,) = groups(data)
    assert not group.header.answerable
    assert (ends(data)[0].status, ends(data)[0].note) == (SyntaxStatus.REJECTED, "024")


def test_a_trailer_without_its_header() -> None:
    data = joined([ISA, GS, *a_set(), "SE*5*0001", "GE*1*7", "IEA*1*000000042"])
    assert codes(data) == [("trailer-without-header", "SE", None)]
    assert groups(data)[0].status is SyntaxStatus.REJECTED
    data = joined([ISA, GS, *a_set(), "GE*1*7", "GE*1*7", "IEA*1*000000042"])
    assert codes(data) == [("trailer-without-header", "GE", "TA105:022")]


def test_segments_between_sets_are_told_once() -> None:
    data = joined([ISA, GS, *a_set(), "PO1*1", "PO1*2", *a_set(number="0002"), "N1*ST", "GE*2*7", "IEA*1*000000042"])
    assert [code for code, *_ in codes(data)] == ["segment-outside-set", "segment-outside-set"]


def test_answers_to_interchanges_are_read() -> None:
    data = joined([ISA, "TA1*000000017*260304*1516*R*025", "TA1*x*260304*1516*R*025", "IEA*0*000000042"])
    good, bad = (event for event in events(data) if isinstance(event, AnswerRead))
    assert good.acknowledgement is not None
    assert (good.acknowledgement.control_number, good.acknowledgement.status) == ("000000017", "rejected")
    assert (good.acknowledgement.note, good.findings) == ("025", ())
    assert bad.acknowledgement is None
    assert [found.code for found in bad.findings] == ["ta1-value"]


@given(st.binary(max_size=400))
def test_nothing_escapes_whatever_the_bytes(data: bytes) -> None:
    for content in (data, one()[:120] + data, one()[:-40] + data):
        assert_everything_is_ended(list(read([content])))


@pytest.mark.parametrize("set_id", SETS)
@given(seed=st.integers(0, 2**32), mutation=st.data())
@settings(max_examples=30, deadline=None)
def test_nothing_escapes_from_broken_sets(set_id: str, seed: int, mutation: st.DataObject) -> None:
    chance = random.Random(seed)
    data = bytearray(frame(set_id, [make_set(set_id, chance, 0.2)]))
    for _ in range(mutation.draw(st.integers(1, 5))):
        at = mutation.draw(st.integers(0, len(data)))
        length = mutation.draw(st.sampled_from([0, 1, 1, 2, 10, 50]))
        data[at : at + length] = mutation.draw(
            st.sampled_from([b"", b"*", b"~", b"~ST*", b"~SE*1*1~", b"\xff", b"\n", b">", b"ISA*", b"Q"])
        )
    whole = list(read([bytes(data)]))
    assert_everything_is_ended(whole)
    assert list(read(bytes([byte]) for byte in data)) == whole

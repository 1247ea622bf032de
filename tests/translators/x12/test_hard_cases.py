"""The hard cases of real traffic in one table: what is found, where, and what the sender is answered."""

from dataclasses import dataclass

import pytest

from canonical.finding import Severity
from translators.x12.acknowledge import functional, interchange
from translators.x12.events import Event, GroupEnd, InterchangeEnd, SetRead
from translators.x12.reader import read

from .samples import GS, ISA, a_group, a_set, an_interchange, events, joined, one

GOOD = one()
OTHER = one("810").replace(b"*", b"|").replace(b">", b":").replace(b"~", b"\n")
TRAILER = "IEA*1*000000042"
START, *BODY = a_set()
HEAD, LINE, TOTAL, END = BODY


@dataclass(frozen=True)
class Answered:
    """What is answered: AK501 with its codes for each set, AK901 with its codes for each group, TA104 and TA105 for each interchange."""

    sets: tuple[str, ...]
    groups: tuple[str, ...]
    interchanges: tuple[str, ...]


ALL_GOOD = Answered(("A",), ("A",), ("A 000",))
LETTERS = {"accepted": "A", "accepted_with_errors": "E", "partially_accepted": "P", "rejected": "R"}


def answered(read_events: list[Event]) -> Answered:
    sets: list[str] = []
    groups: list[str] = []
    interchanges: list[str] = []
    for event in read_events:
        if isinstance(event, GroupEnd) and (answer := functional(event)) is not None:
            sets += (" ".join([LETTERS[each.status], *each.codes]) for each in answer.sets)
            groups.append(" ".join([LETTERS[answer.status], *answer.codes]))
        elif isinstance(event, InterchangeEnd):
            receipt = interchange(event)
            interchanges.append(f"{LETTERS[receipt.status]} {receipt.note}")
    return Answered(tuple(sets), tuple(groups), tuple(interchanges))


def told(read_events: list[Event]) -> list[str]:
    """Each finding as its code, its place and the code of the acknowledgement."""
    return [
        " ".join(filter(None, (found.code, found.path, found.ack_code)))
        for event in read_events
        for found in event.findings
    ]


Case = tuple[bytes, list[str], Answered]

CASES: dict[str, Case] = {
    # How the bytes stand
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, ["byte-order-mark"], ALL_GOOD),
    "indentation": (
        GOOD.replace(b"~", b"~\r\n    "),
        ["white-space-around-segments", "line-breaks-between-segments"],
        ALL_GOOD,
    ),
    "blanks at the ends of lines": (GOOD.replace(b"~", b"\n").replace(b"CTT*1", b"CTT*1  "), ["white-space-around-segments"], ALL_GOOD),
    "terminators doubled": (GOOD.replace(b"~", b"~~"), ["empty-segment"], ALL_GOOD),
    "CR as terminator": (GOOD.replace(b"~", b"\r"), [], ALL_GOOD),
    "LF as terminator": (GOOD.replace(b"~", b"\n"), [], ALL_GOOD),
    "CR LF as terminator": (GOOD.replace(b"~", b"\r\n"), [], ALL_GOOD),
    "CR, and LF only here and there": (
        GOOD.replace(b"~", b"\r").replace(b"\rPO1", b"\r\nPO1"),
        [],
        ALL_GOOD,
    ),
    "CR LF after terminators": (GOOD.replace(b"~", b"~\r\n"), ["line-breaks-between-segments"], ALL_GOOD),
    "cut into lines of 80": (
        b"\n".join(GOOD[at : at + 80] for at in range(0, len(GOOD), 80)),
        ["wrapped-lines ISA"],
        ALL_GOOD,
    ),
    "separators at the end of a segment": (GOOD.replace(b"CTT*1", b"CTT*1***"), ["trailing-separators CTT[1]/04"], ALL_GOOD),
    "no terminator at the end": (GOOD[:-1], ["unterminated-segment"], ALL_GOOD),
    # The ISA
    "ISA11 ^ under 00401": (
        GOOD.replace(b"*U*00401", b"*^*00401"),
        ["repetition-separator-too-early ISA/11 TA105:016"],
        Answered(("A",), ("A",), ("E 016",)),
    ),
    "an ISA of 15 elements": (
        GOOD.replace(b"*0*T*>", b"*0*>"),
        ["isa-element-count ISA TA105:022", "isa-value ISA/15 TA105:020"],
        Answered(("A",), ("A",), ("R 022",)),
    ),
    "an ISA of 17 elements": (
        GOOD.replace(b"*0*T*>", b"*0*T*X*>"),
        ["isa-element-count ISA TA105:022"],
        Answered(("A",), ("A",), ("R 022",)),
    ),
    "ISA elements too narrow": (GOOD.replace(b"SUPPLIER       ", b"SUPPLIER"), ["isa-not-fixed-width ISA"], ALL_GOOD),
    "ISA elements too wide": (
        GOOD.replace(b"SUPPLIER       ", b"SUPPLIER             "),
        ["isa-not-fixed-width ISA"],
        ALL_GOOD,
    ),
    "no control number in the ISA": (
        GOOD.replace(b"*000000042*0", b"*         *0"),
        ["isa-control-number ISA/13 TA105:018", "iea-control-number IEA/02 TA105:001"],
        Answered(("A",), ("A",), ("R 018",)),
    ),
    "what begins like an ISA": (b"ISA-ish text\n" + GOOD, ["unreadable-isa ISA TA105:026"], ALL_GOOD),
    # Several interchanges
    "other delimiters in each interchange": (
        GOOD + b"\r\n" + OTHER + GOOD,
        [],
        Answered(("A",) * 3, ("A",) * 3, ("A 000",) * 3),
    ),
    "junk between interchanges": (
        GOOD + b"\r\n-- next --\r\n" + OTHER,
        ["junk-outside-interchange"],
        Answered(("A",) * 2, ("A",) * 2, ("A 000",) * 2),
    ),
    "an ISA before the IEA": (
        GOOD.replace(b"IEA*1*000000042~", b"") + OTHER,
        ["missing-iea IEA TA105:023"],
        Answered(("A",) * 2, ("A",) * 2, ("R 023", "A 000")),
    ),
    # Trailers and their counts
    "leading zeros in counts": (
        GOOD.replace(b"SE*5*", b"SE*005*").replace(b"GE*1*", b"GE*01*").replace(b"IEA*1*", b"IEA*00001*"),
        [],
        ALL_GOOD,
    ),
    "no SE before the next ST": (
        joined(an_interchange(a_group(a_set()[:-1], a_set(number="0002")))),
        ["missing-se SE AK502:2"],
        Answered(("R 2", "A"), ("P",), ("A 000",)),
    ),
    "no SE before GE": (
        joined(an_interchange(a_group(a_set()[:-1]))),
        ["missing-se SE AK502:2"],
        Answered(("R 2",), ("R",), ("A 000",)),
    ),
    "no GE": (
        joined([ISA, GS, *a_set(), TRAILER]),
        ["missing-ge GE AK905:3"],
        Answered(("R",), ("R 3",), ("A 000",)),
    ),
    "no GE before the next GS": (
        joined([ISA, GS, *a_set(), GS.replace("*7*", "*8*"), *a_set(), "GE*1*8", "IEA*2*000000042"]),
        ["missing-ge GE AK905:3"],
        Answered(("R", "A"), ("R 3", "A"), ("A 000",)),
    ),
    "no IEA": (
        joined(an_interchange(a_group(a_set()))[:-1]),
        ["missing-iea IEA TA105:023"],
        Answered(("A",), ("A",), ("R 023",)),
    ),
    "no ST": (
        joined([ISA, GS, *a_set(), *BODY, "GE*2*7", TRAILER]),
        ["segment-outside-set BEG", "ge-count GE/01 AK905:5"],
        Answered(("R",), ("R 5",), ("A 000",)),
    ),
    "no GS": (
        joined([ISA, *a_set(), "IEA*0*000000042"]),
        ["set-outside-group GS TA105:024"],
        Answered((), (), ("R 024",)),
    ),
    "SE and GE exchanged": (
        joined([ISA, GS, *a_set()[:-1], "GE*1*7", END, TRAILER]),
        ["missing-se SE AK502:2", "trailer-without-header SE TA105:022"],
        Answered(("R 2",), ("R",), ("R 022",)),
    ),
    "GE and IEA exchanged": (
        joined([ISA, GS, *a_set(), TRAILER, "GE*1*7"]),
        ["missing-ge GE AK905:3", "data-outside-interchange"],
        Answered(("R",), ("R 3",), ("A 000",)),
    ),
    "the IEA twice": (GOOD + TRAILER.encode() + b"~", ["data-outside-interchange"], ALL_GOOD),
    "a wrong count in each trailer": (
        GOOD.replace(b"SE*5*", b"SE*4*").replace(b"GE*1*", b"GE*2*").replace(b"IEA*1*", b"IEA*3*"),
        ["se-count SE/01 AK502:4", "ge-count GE/01 AK905:5", "iea-count IEA/01 TA105:021"],
        Answered(("R 4",), ("R 5",), ("R 021",)),
    ),
    "a wrong control number in each trailer": (
        GOOD.replace(b"SE*5*0001", b"SE*5*0002").replace(b"GE*1*7", b"GE*1*8").replace(TRAILER.encode(), b"IEA*1*43"),
        ["se-control-number SE/02 AK502:3", "ge-control-number GE/02 AK905:4", "iea-control-number IEA/02 TA105:001"],
        Answered(("R 3",), ("R 4",), ("R 001",)),
    ),
    # What is not supported is never accepted, and never without an answer
    "a set of another kind of group": (
        joined(an_interchange(a_group(a_set("810")))),
        ["set-not-of-group ST/01 AK502:6"],
        Answered(("R 6",), ("R",), ("A 000",)),
    ),
    "a set that is not supported": (
        joined(an_interchange(a_group(a_set("851", ["BEG*1"])))),
        ["set-not-supported ST/01 AK502:1"],
        Answered(("R 1",), ("R",), ("A 000",)),
    ),
    "a group that is not supported": (
        joined(an_interchange(a_group(a_set("210", ["B3*1"]), gs=GS.replace("*PO*", "*IM*")))),
        ["group-not-supported GS/01 AK905:1"],
        Answered(("R 1",), ("R 1",), ("A 000",)),
    ),
    "a version that is not supported": (
        joined(an_interchange(a_group(a_set(), gs=GS.replace("004010", "003040")))),
        ["version-not-supported GS/08 AK905:2"],
        Answered(("R 1",), ("R 2",), ("A 000",)),
    ),
    "a GS of nothing but its name": (
        joined([ISA, "GS", *a_set(), "GE*1*7", TRAILER]),
        [*(f"gs-value GS/{position:02}" for position in (2, 3, 4, 5, 7)),
         "gs-control-number GS/06 TA105:024", "version-not-supported GS/08 AK905:2", "ge-control-number GE/02 AK905:4"],
        Answered((), (), ("R 024",)),
    ),
    # Inside a set
    "a name in small letters": (
        GOOD.replace(b"~CTT", b"~ctt"), ["unknown-segment PO1[1]/ctt AK304:1"], Answered(("R 5",), ("R",), ("A 000",))
    ),
    "a component separator in text": (
        GOOD.replace(b"A-1", b"A>1"),
        ["component-separator-in-text PO1[1]/07 AK403:6"],
        Answered(("E 5",), ("E",), ("A 000",)),
    ),
    "a component too many": (
        GOOD.replace(b"~CTT", b"~MEA*PD*G*5*LB>1>1>LB>1>1>LB>1>1>LB>1>1>LB>1>1>LB~CTT").replace(b"SE*5", b"SE*6"),
        ["too-many-elements PO1[1]/MEA[1]/04-16 AK403:3"],
        Answered(("R 5",), ("R",), ("A 000",)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "findings", "answer"), CASES.values(), ids=CASES)
def test_what_is_found_and_answered(data: bytes, findings: list[str], answer: Answered) -> None:
    read_events = events(data)
    assert told(read_events) == findings
    assert answered(read_events) == answer


REPEATING = ISA.replace("*U*00401*", "*^*00501*")
IN_5010 = GS.replace("004010", "005010")
SHORTCOMINGS = "CTX*SITUATIONAL TRIGGER"
IMPLEMENTED = ("AK1*PO*7", "AK2*850*0001", "IK3*PO1*3**8", "CTX", "IK5*R*5", "AK9*R*1*1*0")


def repeated(context: str, isa: str = REPEATING) -> bytes:
    body = [context if segment == "CTX" else segment for segment in IMPLEMENTED]
    gs = IN_5010.replace("*PO*", "*FA*")
    return joined(an_interchange(a_group(a_set("999", body), gs=gs), isa=isa))


@pytest.mark.parametrize(
    ("data", "findings"),
    [
        # CTX01 is a composite that may be repeated ten times.
        (repeated("CTX*A>1^B>2^C"), []),
        (repeated("CTX*A>1^^C"), []),
        (repeated("CTX*A>1^" + "B" * 36), ["element-too-long AK2[1]/IK3[1]/CTX[1]/01-1 AK403:5"]),
        (repeated("CTX*" + "^".join("ABCDEFGHIJK")), ["too-many-repetitions AK2[1]/IK3[1]/CTX[1]/01 AK403:12"]),
        # In an interchange without a repetition separator it is text like any other.
        (repeated("CTX*A^B>2", ISA), []),
        # An element that may not be repeated.
        (joined(an_interchange(a_group(a_set(), gs=IN_5010), isa=REPEATING)).replace(b"A-1", b"A^1"),
         ["repetition-separator-in-text PO1[1]/07 AK403:12"]),
        (joined(an_interchange(a_group(a_set(), gs=IN_5010), isa=REPEATING)).replace(b"*EA*", b"*EA^CA*"),
         ["too-many-repetitions PO1[1]/03 AK403:12"]),
    ],
)  # fmt: skip
def test_repeated_elements(data: bytes, findings: list[str]) -> None:
    assert told(events(data)) == findings


TEXT = one(body=[HEAD, LINE, "PID*F****TEXT", "ZZZ*1", TOTAL])


@pytest.mark.parametrize(
    ("raw", "encoding", "text"),
    [
        ("Zoë €".encode(), None, "Zoë €"),
        (b"Zo\xeb", None, "Zoë"),
        ("Zoë €".encode(), "utf-8", "Zoë €"),
        (b"Zo\xeb", "utf-8", None),
        ("Zoë".encode(), "iso-8859-1", "ZoÃ«"),
        (b"Zo\xeb \x80", "windows-1252", "Zoë €"),
        (b"Zo\xeb \x81", "windows-1252", None),
        (b"Zo\x89", "cp437", "Zoë"),
        (b"Zoe", "ascii", "Zoe"),
        (b"Zo\xeb", "ascii", None),
        ("Zoë".encode(), "ascii", None),
    ],
)
def test_text_beyond_ascii_is_read_as_agreed_and_places_count_bytes(
    raw: bytes, encoding: str | None, text: str | None
) -> None:
    data = TEXT.replace(b"TEXT", raw)
    whole = list(read([data], encoding=encoding))
    assert list(read((data[at : at + 1] for at in range(len(data))), encoding=encoding)) == whole
    (found_set,) = (event for event in whole if isinstance(event, SetRead))
    assert found_set.tree is not None
    if text is not None:
        assert [segment.text(5) for _, segment in found_set.tree.walk() if segment.tag == "PID"] == [text]
    unreadable = [(found.code, found.path, found.ack_code) for found in found_set.findings if found.segment == "PID"]
    assert unreadable == ([] if text is not None else [("text-not-in-encoding", "PO1[1]/PID[1]/05", "AK403:6")])
    stranger = next(found for found in found_set.findings if found.segment == "ZZZ")
    assert stranger.offset == data.index(b"ZZZ*1")


SETS = joined(an_interchange(a_group(a_set(), a_set(number="0002")), a_group(a_set("810"), set_id="810")))
ENDS = ("SE", "GE", "IEA")


@pytest.mark.parametrize("at", range(len(SETS)))
def test_a_file_cut_off_anywhere_names_what_is_missing(at: int) -> None:
    data = SETS[:at]
    read_events = list(read([data]))
    findings = {found.code for event in read_events for found in event.findings if found.severity is Severity.ERROR}
    if at < 106:
        assert findings <= {"no-interchange", "unreadable-isa"}
        assert findings
        return
    accepted = [
        event.header.control_number
        for event in read_events
        if isinstance(event, SetRead) and event.status == "accepted"
    ]
    assert len(accepted) == data.count(b"~SE*5*000") if data.endswith(b"~") else len(accepted) <= data.count(b"~SE*")
    answer = answered(read_events)
    assert len(answer.interchanges) == 1
    assert ("missing-iea" in findings) == (b"~IEA" not in data)
    assert answer.interchanges[0].startswith("R") or data.endswith(b"000000042")
    whole_groups = (data + b"~").count(b"~GE*2*7~") + (data + b"~").count(b"~GE*1*7~")
    assert sum(not verdict.startswith("R") for verdict in answer.groups) <= whole_groups

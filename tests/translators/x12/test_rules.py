"""Every kind of rule, with what it says of a set that keeps it and of one that does not."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.finding import Severity
from canonical.functional_acknowledgement import SyntaxStatus
from partners import yaml_source
from translators.x12.events import GroupEnd, SetRead
from translators.x12.limits import DEFAULT
from translators.x12.overlaid import OverlaidTables
from translators.x12.overlay import Direction
from translators.x12.overlay_source import parse
from translators.x12.reader import read
from translators.x12.rules import MOST
from translators.x12.write import segments

from .generate import make_set
from .samples import one

BEG = "BEG*00*SA*4500123**20260304"
LINE = "PO1*1*10*EA*2.5**VN*A-1"
CTT = "CTT*1"
PLAIN = (BEG, LINE, CTT)

Told = tuple[str, str | None]
"""Path and code of the acknowledgement."""


def tables(rules: str, set_id: str = "850", section: str = "changes", direction: str = "send") -> OverlaidTables:
    """Rules written as a profile has them."""
    text = f"[{{set: {set_id}, direction: {direction}, {section}: [{{name: r, {rules}}}]}}]"
    source = yaml_source.read(text.encode())
    assert not source.faults, source.faults
    return OverlaidTables(parse(source.typed((), source.value)), Direction(direction))


def the_set(data: bytes, judge: OverlaidTables) -> SetRead:
    [found] = [event for event in read([data], tables=judge) if isinstance(event, SetRead)]
    return found


def told(judge: OverlaidTables, body: Sequence[str], set_id: str = "850") -> list[Told]:
    return [(each.path, each.ack_code) for each in the_set(one(set_id, body), judge).findings]


CHANGES: list[tuple[str, Sequence[str], list[Told]]] = [
    # what the profile says, the set, what is told
    ("at: PO1/03, codes: {remove: [EA]}", PLAIN, [("PO1[1]/03", "AK403:7")]),
    ("at: PO1/03, codes: {remove: [CA]}", PLAIN, []),
    ("at: PO1/03, codes: {add: [ZQ]}", (BEG, LINE.replace("EA", "ZQ"), CTT), []),
    ("at: PO1/03, codes: {remove: [CA]}", (BEG, LINE.replace("EA", "ZQ"), CTT), [("PO1[1]/03", "AK403:7")]),
    ("at: PO1/03, codes: {only: [CA, ZQ]}", PLAIN, [("PO1[1]/03", "AK403:7")]),
    ("at: PO1/03, codes: {only: [CA, ZQ]}", (BEG, LINE.replace("EA", "ZQ"), CTT), []),
    ("at: PO1/03, codes: {only: BAG}, length: {max: 3}", (BEG, LINE.replace("EA", "BAG"), CTT), []),
    ("at: PO1/07, codes: {only: [A-1, A-2]}", PLAIN, []),
    ("at: PO1/07, codes: {only: [A-2]}", PLAIN, [("PO1[1]/07", "AK403:7")]),
    ("element: 355, codes: {remove: [EA]}", (BEG, LINE, "PO4*1*2*EA", CTT), [("PO1[1]/03", "AK403:7"), ("PO1[1]/PO4[1]/03", "AK403:7")]),
    ("element: 355, codes: {add: [ZQ]}", (BEG, LINE.replace("EA", "ZQ"), "PO4*1*2*ZQ", CTT), []),
    ("at: PO1/PO4/03, codes: {remove: [EA]}", PLAIN, []),
    ("at: BEG/03, length: {max: 6}", PLAIN, [("BEG[1]/03", "AK403:5")]),
    ("at: BEG/03, length: {max: 7}", PLAIN, []),
    ("at: BEG/03, length: {min: 8}", PLAIN, [("BEG[1]/03", "AK403:4")]),
    ("at: BEG/03, length: {max: 40}", ("BEG*00*SA*" + "4" * 40 + "**20260304", LINE, CTT), []),
    ("at: BEG/03, length: {max: 40}", ("BEG*00*SA*" + "4" * 41 + "**20260304", LINE, CTT), [("BEG[1]/03", "AK403:5")]),
    ("at: PO1/02, length: {max: 2}", (BEG, LINE.replace("*10*", "*1.0*"), CTT), []),
    ("at: PO1/02, length: {max: 1}", (BEG, LINE.replace("*10*", "*1.0*"), CTT), [("PO1[1]/02", "AK403:5")]),
    ("at: PO1/01, use: required", (BEG, LINE.replace("PO1*1*", "PO1**"), CTT), [("PO1[1]/01", "AK403:1")]),
    ("at: PO1/01, use: required", PLAIN, []),
    ("at: BEG/05, use: optional", ("BEG*00*SA*4500123", LINE, CTT), []),
    ("at: PO1/01, use: forbidden", PLAIN, [("PO1[1]/01", "AK403:10")]),
    ("at: BEG/05, use: forbidden", ("BEG*00*SA*4500123", LINE, CTT), []),
    ("at: PO1/MEA/04-1, codes: {only: [KG]}", (BEG, LINE, "MEA*PD*N*2*LB", CTT), [("PO1[1]/MEA[1]/04-1", "AK403:7")]),
    ("at: PO1/MEA/04-2, use: required", (BEG, LINE, "MEA*PD*N*2*LB", CTT), [("PO1[1]/MEA[1]/04-2", "AK403:1")]),
    ("at: PO1/MEA/04-2, use: required", (BEG, LINE, "MEA*PD*LT*2", CTT), []),
    ("at: DTM, use: required", PLAIN, [("DTM", "AK304:3")]),
    ("at: DTM, use: required", (BEG, "DTM*002*20260401", LINE, CTT), []),
    ("at: PO1/DTM, use: required", (BEG, "DTM*002*20260401", LINE, CTT), [("PO1[1]/DTM", "AK304:3")]),
    ("at: N1, use: required", PLAIN, [("N1", "AK304:3")]),
    ("at: PO1/PID, use: required", (BEG, LINE, "PID*F****Red", LINE, "CTT*2"), [("PO1[2]/PID", "AK304:3")]),
    ("at: PO1, use: optional", (BEG,), []),
    ("at: DTM, use: forbidden", (BEG, "DTM*002*20260401", LINE, CTT), [("DTM[1]", "AK304:2")]),
    ("at: DTM, use: forbidden", (BEG, LINE, "DTM*002*20260401", CTT), []),
    ("at: N1, use: forbidden", (BEG, "N1*ST*Here", "N3*Street", LINE, CTT), [("N1[1]", "AK304:2")]),
    ("at: PER, max: 1", (BEG, "PER*BD*Jo", "PER*BD*Al", LINE, CTT), [("PER[2]", "AK304:5")]),
    ("at: PER, max: 2", (BEG, "PER*BD*Jo", "PER*BD*Al", LINE, CTT), []),
    ("at: PER, max: 5", (BEG, *["PER*BD*Jo"] * 5, LINE, CTT), []),
    ("at: PER, max: unlimited", (BEG, *["PER*BD*Jo"] * 9, LINE, CTT), []),
    ("at: PO1, max: 1", (BEG, LINE, LINE, "CTT*2"), [("PO1[2]", "AK304:4")]),
    ("at: N1, max: 1", (BEG, "N1*ST*Here", LINE, CTT), []),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "body", "expected"), CHANGES, ids=[f"{row[0]} {row[2]}" for row in CHANGES])
def test_a_change_to_the_standard(rules: str, body: Sequence[str], expected: list[Told]) -> None:
    assert told(tables(rules), body) == expected


IA, DP = "REF*IA*77", "REF*DP*12"

CHECKS: list[tuple[str, Sequence[str], list[Told]]] = [
    # present, absent
    ("must: {present: REF, where: {01: IA}}", (BEG, IA, LINE, CTT), []),
    ("must: {present: REF, where: {01: IA}}", (BEG, DP, LINE, CTT), [("REF", "AK304:3")]),
    ("must: {present: REF, where: {01: IA}}", PLAIN, [("REF", "AK304:3")]),
    ("must: {present: REF, where: {01: [IA, DP], 02: '12'}}", (BEG, IA, DP, LINE, CTT), []),
    ("must: {present: REF, where: {01: IA, 02: '12'}}", (BEG, IA, DP, LINE, CTT), [("REF", "AK304:3")]),
    ("each: PO1, must: {present: PO1/PID}", (BEG, LINE, "PID*F****Red", LINE, "CTT*2"), [("PO1[2]/PID", "AK304:3")]),
    ("each: PO1, must: {present: PO1/01}", (BEG, LINE, LINE.replace("PO1*1", "PO1*"), "CTT*2"), [("PO1[2]/01", "AK403:1")]),
    ("must: {present: PO1/N1, where: {01: ST}}", (BEG, LINE, "N1*ST*Here", LINE, "CTT*2"), []),
    ("must: {absent: REF, where: {01: DP}}", (BEG, IA, DP, LINE, CTT), [("REF[2]", "AK304:2")]),
    ("must: {absent: REF, where: {01: DP}}", (BEG, IA, LINE, CTT), []),
    ("must: {absent: BEG/04}", PLAIN, []),
    ("must: {absent: PO1/07}", PLAIN, [("PO1[1]/07", "AK403:10")]),
    # what an element is
    ("must: {at: BEG/02, one_of: [NE, SA]}", PLAIN, []),
    ("must: {at: BEG/02, one_of: NE}", PLAIN, [("BEG[1]/02", "AK403:7")]),
    ("must: {at: REF/02, one_of: NE}", PLAIN, []),
    ("must: {at: PO1/03, none_of: [EA]}", (BEG, LINE, LINE.replace("EA", "CA"), "CTT*2"), [("PO1[1]/03", "AK403:7")]),
    ("must: {at: BEG/03, matches: '45[0-9]{5}'}", PLAIN, []),
    ("must: {at: BEG/03, matches: '45'}", PLAIN, [("BEG[1]/03", None)]),
    ("must: {at: PO1/N1/04, same_as: N1/04}", (BEG, "N1*ST*H*92*77", LINE, "N1*ST*H*92*77", CTT), []),
    ("must: {at: PO1/N1/04, same_as: N1/04}", (BEG, "N1*ST*H*92*77", LINE, "N1*ST*H*92*88", CTT), [("PO1[1]/N1[1]/04", None)]),
    ("must: {at: PO1/N1/04, differs_from: N1/04}", (BEG, "N1*ST*H*92*77", LINE, "N1*ST*H*92*77", CTT), [("PO1[1]/N1[1]/04", None)]),
    ("each: PO1, must: {at: PO1/PO4/03, same_as: PO1/03}",
     (BEG, LINE, "PO4*1*2*EA", LINE.replace("EA", "CA"), "PO4*1*2*EA", "CTT*2"), [("PO1[2]/PO4[1]/03", None)]),
    # if and then
    ("when: {at: BEG/02, one_of: SA}, must: {present: REF}", PLAIN, [("REF", "AK304:3")]),
    ("when: {at: BEG/02, one_of: NE}, must: {present: REF}", PLAIN, []),
    ("when: {present: REF}, must: {present: DTM}", PLAIN, []),
    ("when: {absent: REF}, must: {present: DTM}", PLAIN, [("DTM", "AK304:3")]),
    ("when: [{at: BEG/02, one_of: SA}, {present: REF}], must: {present: DTM}", PLAIN, []),
    ("each: REF, when: {at: REF/01, one_of: IA}, must: {at: REF/02, matches: '[0-9]{3}'}", (BEG, IA, DP, LINE, CTT), [("REF[1]/02", None)]),
    ("each: PO1, when: {at: PO1/03, one_of: EA}, must: {present: PO1/01}",
     (BEG, LINE.replace("PO1*1", "PO1*"), CTT), [("PO1[1]/01", "AK403:2")]),
    # several
    ("must: [{present: REF}, {present: DTM}]", PLAIN, [("REF", "AK304:3"), ("DTM", "AK304:3")]),
    ("each: PO1, must: {any_of: [{present: PO1, where: {06: VN}}, {present: PO1, where: {08: VN}}]}", PLAIN, []),
    ("each: PO1, must: {any_of: [{present: PO1, where: {06: IN}}, {present: PO1, where: {08: IN}}]}", PLAIN, [("PO1[1]", None)]),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "body", "expected"), CHECKS, ids=[f"{row[0]} {row[2]}" for row in CHECKS])
def test_a_check_of_what_the_set_says(rules: str, body: Sequence[str], expected: list[Told]) -> None:
    assert told(tables(f"message: Mend it., {rules}", section="checks"), body) == expected


def test_a_level_of_a_ship_notice_is_asked_by_its_kind() -> None:
    judge = tables("message: m, each: HL, when: {at: HL/03, one_of: O}, must: {present: HL/REF}", "856", "checks")
    notice = ("BSN*00*S1*20260304*1516", "HL*1**S", "HL*2*1*O", "PRF*4500123", "HL*3*2*I", "SN1**10*EA")
    assert told(judge, notice, "856") == [("HL[2]/REF", "AK304:3")]


def test_a_finding_names_the_rule_and_says_what_the_partner_says() -> None:
    judge = tables("at: PO1/03, codes: {only: [CA]}, message: We order cases.")
    [fault] = the_set(one("850", PLAIN), judge).findings
    assert (fault.code, fault.rule, fault.message) == (
        "partner-rule",
        "r",
        "Rule r: We order cases. PO103 is 'EA'; agreed is CA.",
    )
    assert (fault.segment, fault.segment_index, fault.element, fault.value) == ("PO1", 3, 3, "EA")
    assert fault.offset == one("850", PLAIN).index(b"PO1*")


@pytest.mark.parametrize(
    ("body", "index"),
    [(PLAIN, 3), ((BEG, IA, LINE, CTT), 4), ((BEG, "N1*ST*Here", LINE, CTT), 3)],
    ids=["after BEG", "after REF", "before N1"],
)
def test_a_missing_segment_is_told_where_it_should_stand(body: Sequence[str], index: int) -> None:
    [fault] = the_set(one("850", body), tables("at: DTM, use: required")).findings
    assert (fault.segment, fault.segment_index) == ("DTM", index)


WEIGHTS = [
    ("error", SyntaxStatus.REJECTED, ("5",), "AK403:7"),
    ("warning", SyntaxStatus.ACCEPTED_WITH_ERRORS, ("5",), "AK403:7"),
    ("note", SyntaxStatus.ACCEPTED, (), None),
]


@pytest.mark.parametrize(("severity", "status", "codes", "ack"), WEIGHTS, ids=[row[0] for row in WEIGHTS])
def test_a_rule_weighs_what_the_profile_says(
    severity: str, status: SyntaxStatus, codes: tuple[str, ...], ack: str | None
) -> None:
    judge = tables(f"at: PO1/03, codes: {{only: [CA]}}, severity: {severity}")
    *_, found, end = [
        event for event in read([one("850", PLAIN)], tables=judge) if isinstance(event, SetRead | GroupEnd)
    ]
    assert isinstance(found, SetRead)
    assert isinstance(end, GroupEnd)
    assert (found.status, found.codes, [each.ack_code for each in found.findings]) == (status, codes, [ack])
    assert (end.verdicts[0].status, len(end.verdicts[0].findings)) == (status, 1 if ack else 0)


def test_a_rule_without_a_code_of_x12_rejects_the_set_all_the_same() -> None:
    found = the_set(one("850", PLAIN), tables("message: m, must: {at: BEG/03, matches: X}", section="checks"))
    assert (found.status, found.codes) == (SyntaxStatus.REJECTED, ("5",))


def test_what_the_standard_refuses_is_told_once() -> None:
    judge = tables("at: PO1/03, codes: {only: [CA]}")
    [fault] = the_set(one("850", (BEG, LINE.replace("EA", "ZQ"), CTT)), judge).findings
    assert (fault.code, fault.rule) == ("invalid-code", None)


def test_in_an_unsound_set_only_what_is_there_is_judged() -> None:
    unsound = (BEG, "ZZZ*1", LINE, CTT)
    assert told(tables("at: DTM, use: required"), unsound) == [("ZZZ", "AK304:1")]
    assert told(tables("message: m, must: {present: DTM}", section="checks"), unsound) == [("ZZZ", "AK304:1")]
    assert told(tables("at: PO1/03, codes: {only: [CA]}"), unsound) == [("ZZZ", "AK304:1"), ("PO1[1]/03", "AK403:7")]


def test_rules_are_for_their_set_direction_and_version() -> None:
    entry = {"name": "r", "at": "PO1/03", "codes": {"only": "CA"}}
    for overlay, send, receive in (
        ({"set": "850"}, 1, 1),
        ({"set": "850", "direction": "send"}, 1, 0),
        ({"set": "850", "direction": "receive"}, 0, 1),
        ({"set": "850", "version": "004010"}, 1, 1),
        ({"set": "850", "version": "005010"}, 0, 0),
        ({"set": "855"}, 0, 0),
    ):
        overlays = parse([overlay | {"changes": [entry]}])
        for direction, count in ((Direction.SEND, send), (Direction.RECEIVE, receive)):
            assert len(told(OverlaidTables(overlays, direction), PLAIN)) == count, (overlay, direction)


def test_no_more_is_told_than_somebody_reads() -> None:
    found = the_set(one("850", (BEG, *[LINE] * (MOST + 5), CTT)), tables("at: PO1/03, codes: {only: [CA]}"))
    assert len(found.findings) == MOST + 1
    assert (found.findings[-1].code, found.findings[-1].severity) == ("too-many-findings", Severity.NOTE)


def test_a_file_in_single_bytes_is_judged_the_same() -> None:
    judge, data = tables("at: PO1/03, codes: {only: [CA]}"), one("850", PLAIN)
    pieces = [data[at : at + 1] for at in range(len(data))]
    assert list(read(pieces, DEFAULT, tables=judge)) == list(read([data], DEFAULT, tables=judge))


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_whatever_the_set_every_finding_of_a_rule_has_its_name_and_its_weight(seed: int) -> None:
    """All the checks above at once, on sets that are sound, spoilt or out of order."""
    chance = random.Random(seed)
    body = [each.decode()[:-1] for each in segments(make_set("850", chance, 0.2))]
    for _ in range(chance.randrange(3)):
        at = chance.randrange(len(body))
        body.insert(chance.randrange(len(body)), body.pop(at) if chance.random() < 0.5 else body[at].rstrip("*ABC123"))
    found = the_set(one("850", body), EVERYTHING)
    assert all((each.rule is not None) == (each.code == "partner-rule") for each in found.findings)
    assert (found.status is SyntaxStatus.REJECTED) == any(each.is_error for each in found.findings)


def _everything() -> OverlaidTables:
    overlays = [tables(f"message: m, {rules}", section="checks").overlays[0] for rules, _, _ in CHECKS]
    overlays += [tables(rules).overlays[0] for rules, _, _ in CHANGES]
    return OverlaidTables(tuple(overlays), Direction.SEND)


EVERYTHING = _everything()

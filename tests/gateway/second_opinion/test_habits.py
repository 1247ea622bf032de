"""Each habit has an example that shows it, and the example has nothing that is not explained."""

from io import BytesIO

import pytest

from gateway.checking import check
from gateway.second_opinion.compare import Difference, SecondOpinion, second_opinion_on
from gateway.second_opinion.habits import EITHER, HABITS, PYX12, US
from gateway.second_opinion.pyx12_engine import Engine
from tests.translators.x12.samples import BODIES, GS, ISA, a_group, a_set, an_interchange, joined, one

HEAD, LINE, TOTAL = BODIES["850"]
REFERENCE = "N1*ST*SOMEBODY"
GOOD = one()
OUTSIDE = joined(an_interchange(iea="IEA*0*000000042") + a_group(a_set(body=(HEAD, LINE.replace("EA", "QQ"), TOTAL))))


def order(*segments: str) -> bytes:
    return one(body=segments)


def receipt(*context: str) -> bytes:
    """A 999, where elements repeat."""
    gs, isa = GS.replace("*PO*", "*FA*").replace("004010", "005010"), ISA.replace("*U*00401*", "*^*00501*")
    body = ("AK1*PO*7", "AK2*850*0001", "IK3*N1*3**8", *context, "IK5*R*5", "AK9*R*1*1*0")
    return joined(an_interchange(a_group(a_set("999", body), gs=gs), isa=isa))


EXAMPLES = {
    "isa-of-fixed-form": GOOD.replace(b"SUPPLIER       *", b"SUPPLIER*", 1),
    "no-table": GOOD.replace(b"*X*004010", b"*X*003050"),
    "breaks-on-components": order(HEAD, LINE, "MEA*PD*G*5*LB" + ">1" * 20, TOTAL),
    "breaks-on-trailers": GOOD.replace(b"GE*1*", b"GE*ONE*"),
    "repetitions-not-split": receipt("CTX*SITUATIONAL TRIGGER^SITUATIONAL TRIGGER>2^SITUATIONAL TRIGGER>3"),
    "complaints-lost": GOOD.replace(b"GS*PO*", b"GS*IN*"),
    "missing-then-late": order(LINE, HEAD, TOTAL),
    "blanks-before-terminator": joined(an_interchange(a_group(a_set(body=(HEAD + "  ", LINE, TOTAL)))), "\n"),
    "hierarchy-in-reader": one("856").replace(b"HL*3*2*I", b"HL*4*2*I"),
    "trailing-blanks": order(HEAD.replace("4500123", "4500123  "), LINE, TOTAL),
    "trailing-separators": order(HEAD, LINE + "**", TOTAL),
    "separator-in-text": order(HEAD, LINE, "PID*F****Red > blue", TOTAL),
    "character-set": order(HEAD, "N1*ST*Café", LINE, TOTAL),
    "point-at-the-end": order(HEAD, LINE.replace("2.5", "2."), TOTAL),
    "qualified-date": joined(
        an_interchange(a_group(a_set("856", (*BODIES["856"], "CLD*1*1", "DTP*007*D8*SOON")), set_id="856"))
    ),
    "group-number-repeated": joined(an_interchange(a_group(a_set()), a_group(a_set()))),
    "envelope-weight": GOOD.replace(b"*ZZ*SUPPLIER", b"*XX*SUPPLIER"),
    "indented-segments": GOOD.replace(b"PO1", b"  PO1"),
    "segment-without-data": order(HEAD, LINE, "DTM*", TOTAL),
    "told-above": joined(an_interchange(a_group(a_set()[:-1]))),
    "missing-at-lost-end": joined(an_interchange(a_group(a_set("997", BODIES["997"][:-1])[:-1], set_id="997"))),
    "set-not-begun": GOOD.replace(b"GS*PO*", b"GS*IN*"),
    "no-resynchronisation": order(HEAD, "SLN*1**I*1*EA", "SLN*2**I*1*EA", LINE, TOTAL),
    "outside-judged": OUTSIDE,
    "outside-unnoticed": OUTSIDE,
    "told-twice": order(HEAD, "ZZZ*1**", LINE, TOTAL),
    "not-looked-into": order(HEAD, LINE.replace("EA", "QQ"), TOTAL).replace(b"GS*PO*", b"GS*IN*"),
    "repeated-loop": order(HEAD, LINE, "LM*VI", "LM*VI", "LQ*0*1", TOTAL),
    "early-then-unknown": order(HEAD, REFERENCE, "CSH*Y", "DTM*002*20260310", LINE, TOTAL),
    "not-followed": order(HEAD, LINE, "\t" + TOTAL, "PID*F****Red"),
    "misplaced-not-looked-into": order(HEAD, LINE, TOTAL, "REF*QQQQ*1"),
    "notes-of-composites": order(HEAD, "REF*DP*1**DP>1>>X", LINE, TOTAL),
    "first-component": order(HEAD, LINE, "PID*F", "MEA*PD*G*5*>2", TOTAL),
    "rules-beyond-the-standard": one("856", (BODIES["856"][0], "HL*1**S", *(f"HL*{n + 1}*{n}*I" for n in range(1, 60)))),
    "stops-early": GOOD.replace(b"PO1", b"~PO1").replace(b"*EA*", b"*QQ*"),
    "stopped-early": GOOD.replace(b"PO1", b"~PO1"),
    "surplus-in-envelope": GOOD.replace(b"SE*5*0001", b"SE*5*0001*X"),
    "blanks-in-envelope": GOOD.replace(b"ST*850*0001", b"ST*850*0001 ").replace(b"SE*5*0001", b"SE*5* 0001"),
}  # fmt: skip


def second_opinion(engine: Engine, data: bytes) -> SecondOpinion:
    """As `tally check --second-opinion` has it."""
    checked = check(BytesIO(data), "file.edi", None)
    return second_opinion_on(engine, data, checked.interchanges, checked.findings)


def unexplained(found: SecondOpinion) -> list[Difference]:
    return [difference for difference in found.differences if difference.habit is None]


@pytest.mark.parametrize("name", [habit.name for habit in HABITS])
def test_it_is_seen_in_an_example(engine: Engine, name: str) -> None:
    found = second_opinion(engine, EXAMPLES[name])
    assert name in {difference.habit.name for difference in found.differences if difference.habit}
    assert unexplained(found) == []


def test_every_example_is_of_a_habit() -> None:
    assert set(EXAMPLES) == {habit.name for habit in HABITS}
    assert len({habit.name for habit in HABITS}) == len(HABITS)


def test_they_say_who_is_right() -> None:
    assert {habit.right for habit in HABITS} == {US, PYX12, EITHER}
    assert all(habit.why.endswith(".") for habit in HABITS)


def test_a_good_file_shows_none(engine: Engine) -> None:
    assert second_opinion(engine, GOOD).differences == ()


def test_what_happens_again_and_again_is_told_once(engine: Engine) -> None:
    [difference] = second_opinion(engine, GOOD.replace(b"~", b"~  ")).differences
    assert (difference.times, difference.fault.line) == (8, 2)

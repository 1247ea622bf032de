"""pyx12 as the oracle: over valid interchanges, broken ones and real ones, the two differ only where a habit explains it.

The broken ones are the same at every run; what is new is looked for with other seeds, by hand.
"""

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.errors import Misconfigured
from gateway import conversion
from gateway.second_opinion.compare import second_opinion_on
from gateway.second_opinion.pyx12_engine import Engine, Opinion
from tests.translators.x12.generate import frame, make_set
from tests.translators.x12.samples import BODIES, one
from tests.translators.x12.test_corpus import name_of, path_of, rows
from tests.translators.x12.test_corpus import pytestmark as corpus
from translators.x12.check import check
from translators.x12.events import GroupStart
from translators.x12.reader import read
from translators.x12.schema import dictionary, versions
from translators.x12.values import CannotWrite

from .mutations import mutated

SETS = [(version, set_id) for version in versions() for set_id in dictionary(version).sets]
FEW = [("004010", "850"), ("004010", "856")]
"""What is tried at every run; all the others are slow, for pyx12 needs a second to parse a map."""


def differences(engine: Engine, data: bytes) -> list[tuple[str | None, str]]:
    """How the two differ in what the standard says, as habits and messages."""
    report = check([data])
    found = second_opinion_on(engine, data, report.to_json()["interchanges"], report.findings)
    return [(each.habit.name if each.habit else None, f"only {each.only}: {each.fault}") for each in found.differences]


def unexplained(engine: Engine, data: bytes) -> list[str]:
    return [told for name, told in differences(engine, data) if name is None]


def interchange(version: str, set_id: str, chance: random.Random) -> bytes:
    sets = [make_set(set_id, chance, 0.1, version) for _ in range(chance.choice((1, 1, 2)))]
    return frame(set_id, sets, version=version)


def broken(version: str, set_id: str, seed: int, times: int) -> bytes:
    chance = random.Random(seed)
    segments = interchange(version, set_id, chance).decode().split("~")[:-1]
    return "".join(f"{segment}~" for segment in mutated(segments, chance, times)).encode()


def agrees_on_valid(engine: Engine, version: str, set_id: str, seed: int) -> None:
    """Hierarchies are not made to agree in generated sets, and pyx12 does not know that elements repeat; all else is valid to both."""
    found = differences(engine, interchange(version, set_id, random.Random(seed)))
    assert {name for name, _ in found} <= {"hierarchy-in-reader", "qualified-date", "repetitions-not-split"}, found


@pytest.mark.parametrize(("version", "set_id"), FEW)
def test_what_is_valid_to_us_is_valid_to_pyx12(engine: Engine, version: str, set_id: str) -> None:
    for seed in range(5):
        agrees_on_valid(engine, version, set_id, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("version", "set_id"), SETS)
def test_so_it_is_in_every_version_and_set(engine: Engine, version: str, set_id: str) -> None:
    for seed in range(5, 11):
        agrees_on_valid(engine, version, set_id, seed)


@pytest.mark.parametrize(("version", "set_id"), FEW)
@given(seed=st.integers(0, 2**32), times=st.integers(1, 3))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_what_is_broken_is_broken_to_both(engine: Engine, version: str, set_id: str, seed: int, times: int) -> None:
    assert unexplained(engine, broken(version, set_id, seed, times)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("version", "set_id"), SETS)
@given(seed=st.integers(0, 2**32), times=st.integers(1, 3))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_so_it_is_with_every_version_and_set(engine: Engine, version: str, set_id: str, seed: int, times: int) -> None:
    assert unexplained(engine, broken(version, set_id, seed, times)) == []


@corpus[0]
@corpus[1]
@pytest.mark.slow
@pytest.mark.parametrize("row", rows(), ids=name_of)
def test_so_it_is_with_real_files(engine: Engine, row: dict[str, str]) -> None:
    assert unexplained(engine, path_of(row).read_bytes()) == []


FAULTS = {
    "a wrong code": ("850", ("PO1*1*10*EA", "PO1*1*10*QQ")),
    "a number with letters": ("850", ("PO1*1*10", "PO1*1*TEN")),
    "a value too long": ("850", ("BEG*00*SA*4500123", "BEG*00*SA*" + "4" * 30)),
    "no such date": ("850", ("20260304~PO1", "20261304~PO1")),
    "a missing element": ("850", ("BEG*00*SA*4500123", "BEG*00*SA*")),
    "half of a pair": ("850", ("**VN*A-1", "**VN")),
    "a missing segment": ("850", ("BEG*00*SA*4500123**20260304~", "")),
    "an unknown segment": ("850", ("CTT*1", "ZZZ*1~CTT*1")),
    "a segment too many": ("810", ("TDS*2500", "TDS*2500~TDS*2500")),
    "a wrong count": ("855", ("SE*5", "SE*6")),
    "another control number": ("856", ("SE*8*0001", "SE*8*0002")),
    "a wrong acknowledgement": ("997", ("AK5*A", "AK5*Q")),
}


def spoil(set_id: str, change: tuple[str, str]) -> bytes:
    """A good file with one thing changed."""
    data = one(set_id, BODIES[set_id]).decode()
    assert change[0] in data
    return data.replace(*change).encode()


@pytest.mark.parametrize(("set_id", "change"), FAULTS.values(), ids=FAULTS)
def test_one_fault_is_found_by_both_at_the_same_place(engine: Engine, set_id: str, change: tuple[str, str]) -> None:
    spoilt = spoil(set_id, change)
    report = check([spoilt])
    assert not report.accepted
    found = second_opinion_on(engine, spoilt, report.interchanges, report.findings)
    assert (found.accepted, found.differences) == (False, ())


NOTICED = {name: fault for name, fault in FAULTS.items() if name not in ("a missing element", "half of a pair")}
"""All but those that pyx12 misses in composites, so that a habit explains them."""


@pytest.mark.parametrize(("set_id", "change"), NOTICED.values(), ids=NOTICED)
def test_a_fault_that_one_of_them_missed_would_be_noticed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, set_id: str, change: tuple[str, str]
) -> None:
    spoilt = spoil(set_id, change)
    report = check([spoilt])
    theirs = second_opinion_on(engine, spoilt, report.interchanges, []).differences
    assert {difference.only for difference in theirs} == {"pyx12"}
    assert None in {difference.habit for difference in theirs}
    judge = Engine.judge

    def blind(engine: Engine, interchange: bytes, groups: list[tuple[str, str]]) -> Opinion:
        return replace(judge(engine, interchange, groups), accepted=True, complaints=())

    monkeypatch.setattr(Engine, "judge", blind)
    ours = second_opinion_on(engine, spoilt, report.interchanges, report.findings).differences
    assert {difference.only for difference in ours} == {"tallystick"}
    assert None in {difference.habit for difference in ours}


REPEATED = re.compile(
    r"is not a valid code for 479 \(AK101\)"
    r"|\(AK102\) is type N0, contains an invalid character"
    r"|\(GS0[23]\) is (missing|too short|too long)"
    r"|\(AK404\) is type AN, contains an invalid character"
)
"""What must be repeated as it came: GS01 and GS06 of the group that is answered, the parties' names, and the copy of a bad value."""


def answers(data: bytes) -> list[bytes]:
    """Every acknowledgement that a file gets."""
    return [answer for kind in conversion.ANSWERS if (answer := acknowledgement(data, kind))]


def acknowledgement(data: bytes, kind: str) -> bytes:
    """As `tally ack`, which refuses where there is nothing to answer, and where a party's name cannot be written."""
    try:
        return conversion.acknowledgement([data], kind)
    except (Misconfigured, CannotWrite):
        return b""


def faults_of(engine: Engine, answer: bytes) -> list[str]:
    """What pyx12 finds wrong with an acknowledgement, but for what it must repeat as it came, be it wrong."""
    groups = [
        (event.header.functional_id, event.header.version) for event in read([answer]) if isinstance(event, GroupStart)
    ]
    found = engine.judge(answer, groups)
    complaints = [each.message for each in found.complaints if not REPEATED.search(each.message)]
    return [found.failure] if found.failure else complaints


@pytest.mark.parametrize(("version", "set_id"), FEW)
@given(seed=st.integers(0, 2**32), times=st.integers(0, 4))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_acknowledgements_are_valid_to_pyx12(engine: Engine, version: str, set_id: str, seed: int, times: int) -> None:
    for answer in answers(broken(version, set_id, seed, times)):
        assert faults_of(engine, answer) == []


@pytest.mark.slow
@pytest.mark.parametrize(("version", "set_id"), SETS)
def test_so_they_are_in_every_version_and_set(engine: Engine, version: str, set_id: str) -> None:
    for seed in range(4):
        for answer in answers(broken(version, set_id, seed, seed)):
            assert faults_of(engine, answer) == []


def test_pyx12_would_notice_a_bad_acknowledgement(engine: Engine) -> None:
    functional, implementation, interchange = (acknowledgement(one(), kind) for kind in ("997", "999", "TA1"))
    assert faults_of(engine, functional.replace(b"AK5*A~", b""))
    assert faults_of(engine, functional.replace(b"AK5*A~", b"AK5*Q~"))
    assert faults_of(engine, implementation.replace(b"IK5*A~", b""))
    assert faults_of(engine, implementation.replace(b"IK5*A~", b"IK5*Q~"))
    assert faults_of(engine, interchange.replace(b"*A*000", b"*Q*000"))

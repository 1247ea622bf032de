"""Sets are read alike whether their segments are taken quickly or looked at one by one, however the file is cut."""

import random
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.x12.events import Event
from translators.x12.lexer import Run
from translators.x12.reader import read
from translators.x12.schema import dictionary, versions
from translators.x12.segments import Delimiters
from translators.x12.validate import SetValidator
from translators.x12.write import Form

from .generate import frame, make_set
from .samples import a_group, a_set, an_interchange, joined

EVERY_SET = [(version, set_id) for version in versions() for set_id in dictionary(version).sets]
FORMS = [
    Form(),
    Form(line_break="\n"),
    Form(line_break="\r\n"),
    Form(Delimiters("|", ":", "\n")),
    Form(Delimiters("*", ">", "\r"), line_break="\n"),
    Form(Delimiters("^", "<", "!")),
]


@contextmanager
def only_one_by_one() -> Iterator[None]:
    with mock.patch.object(SetValidator, "run", return_value=None):
        yield


def exactly(*chunks: bytes) -> list[Event]:
    with only_one_by_one():
        return list(read(chunks))


def interchange(seed: int, form: Form) -> bytes:
    chance = random.Random(seed)
    version, set_id = chance.choice(EVERY_SET)
    sets = [make_set(set_id, chance, chance.choice((0.1, 0.3)), version) for _ in range(chance.randint(1, 3))]
    return frame(set_id, sets, form, version)


@given(form=st.sampled_from(FORMS), seed=st.integers(0, 2**32))
def test_good_files(form: Form, seed: int) -> None:
    data = interchange(seed, form)
    assert list(read([data])) == exactly(data)


DAMAGE = [
    b"", b"~", b"*", b"**", b"~~", b"\n", b"\r\n", b" ", b">", b"^", b"\x00", b"\xe9", "\u00e9".encode(), b"ISA", b"ISA*", b"Z", b"9",
    b"99999999", b".", b"-", b"~SE*1*0001~", b"~ST*850*0009~", b"~IEA*1*1~", b"~N1*ST*A~", b"~GE*1*7~",
]  # fmt: skip


@settings(max_examples=300)
@given(form=st.sampled_from(FORMS), seed=st.integers(0, 2**32), data=st.data())
def test_damaged_files(form: Form, seed: int, data: st.DataObject) -> None:
    """Bytes replaced, removed, put in, or segments doubled; and then fed in pieces."""
    text = interchange(seed, form)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        end = min(len(text), at + data.draw(st.sampled_from([0, 0, 1, 2, 30])))
        piece = data.draw(st.sampled_from([*DAMAGE, text[at:end] * 2]))
        text = text[:at] + piece + text[end:]
    expected = exactly(text)
    assert list(read([text])) == expected
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert list(read(pieces)) == expected


@pytest.mark.parametrize("form", FORMS, ids=repr)
def test_most_segments_are_taken_quickly(form: Form) -> None:
    """Else nothing is gained; of a good file only the first and last segment of a set are looked at."""
    data = frame("850", [make_set("850", random.Random(seed), 0.2) for seed in range(20)], form)
    looked_at: list[str] = []
    segment = SetValidator.segment

    def counted(validator: SetValidator, line: object) -> None:
        looked_at.append(line.tag)  # type: ignore[attr-defined]
        segment(validator, line)  # type: ignore[arg-type]

    with mock.patch.object(SetValidator, "segment", counted):
        read_quickly = list(read([data]))
    assert read_quickly == exactly(data)
    assert len(looked_at) < 40


def test_a_run_knows_where_its_pieces_are() -> None:
    run = Run(["N1*ST*A", "N3*B", "N4*C"], offset=100, terminator=1, line_break=2, broken=True)
    assert (run.offset + run.lead, run.gap) == (100, 3)
    run.take(2)
    assert (run.at, run.offset, run.offset + run.lead) == (2, 100 + 7 + 1 + 2 + 4 + 1, 117)
    run.take(0)
    assert (run.at, run.offset) == (2, 115)


def test_many_faults_in_a_loop_look_for_its_head_once() -> None:
    """Its head is in the middle of a long run; counted from the run's start at every fault, a set of many faults took for ever."""
    lines = ["BIG*20261120*77", *["IT1*1*1*EA*1"] * 200, *["REF*IA*1", "N3*A"] * 300, "TDS*1"]
    data = joined(an_interchange(a_group(a_set("810", lines), set_id="810")))
    with mock.patch("translators.x12.body.bisect_right", wraps=bisect_right) as sought:
        read_quickly = list(read([data]))
    assert sought.call_count < 5
    assert read_quickly == exactly(data)

"""A bundle may have 65,535 members: neither verifier looks at all of them again for each."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.erasures import DETAILS, ERASED, PAYLOADS, Covered
from gateway.ledger.evidence import checking, verify
from gateway.ledger.evidence.verify import Archive, Erasure, Failure, Item, Manifest, Proved, Report

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8)
ROLES = st.sampled_from(["wire", "sent"])


class Members:
    """An archive of members that are in no file."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents

    def __contains__(self, name: str) -> bool:
        return name in self._contents

    @property
    def names(self) -> list[str]:
        return sorted(self._contents)

    def sha256(self, name: str) -> bytes:
        return name.encode()

    def size(self, name: str) -> int:
        return len(self._contents[name])

    def read(self, name: str) -> bytes:
        return self._contents[name]


def archive(contents: dict[str, bytes]) -> Archive:
    return cast("Archive", Members(contents))


def detail(**said: Any) -> dict[str, Any]:
    return {"document": None, "receipt": None, "transmission": None, "detail": said}


def documents(count: int) -> None:
    names = [f"documents/{number}.json" for number in range(count)]
    payloads: dict[int, list[tuple[str, str | None]]] = {
        number: [("canonical", f"payloads/{name.encode().hex()}")] for number, name in enumerate(names)
    }
    proved = Proved({number: str(number) for number in range(count)}, {}, payloads)
    report = Report()
    verify.judge_rest(report, archive(dict.fromkeys(names, b"{}")), proved)
    assert len(report.claims) == count
    assert not report.failed


def certificates(count: int) -> None:
    names = [f"certificates/{number}.pem" for number in range(count)]
    details = {number: detail(signed_by=str(number)) for number in range(count)}
    report = Report()
    verify.judge_rest(report, archive(dict.fromkeys(names, b"")), Proved(dict.fromkeys(details, ""), details, {}))
    assert len(report.failed) == count


def erasures(count: int) -> None:
    """Each of one entry, recorded behind all that went."""
    said = {count + number: Erasure([(number, number)], {"wire": []}) for number in range(count)}
    found = verify.Erasures(said)
    for number in range(count):
        verify.check_erased(number, None, count + number, found)
        verify.check_erased(number, "wire", count + number, found)


def erasures_of_the_house(count: int) -> None:
    found = checking._Erasures({count + number: covered(count + number, [[number, number]]) for number in range(count)})
    for number in range(count):
        found.require_detail(number, count + number)
        found.require_payload(number, "wire", count + number)


def covered(by: int, details: list[list[int]], wire: list[list[int]] | None = None) -> Covered:
    said = Covered()
    said.add(by, {ERASED: {DETAILS: details, PAYLOADS: {"wire": wire or []}}})
    said.sort()
    return said


def commands(count: int) -> None:
    """The details of one erasure of many entries."""
    ranges = ",".join(f"[{2 * number},{2 * number}]" for number in range(count))
    items = [Item(2 * count, "", "detail", None, None, [], [])]
    manifest = Manifest(2, "order", "1", "", items, None, None, [])
    found = verify.Ranges(archive({"detail": f'"erased":{{"details":[{ranges}]}}'.encode()}), manifest)
    assert [len([*verify.commands_for_erasure(found, 2 * number, 2 * count)]) for number in range(count)] == [2] * count


def steps(work: Callable[[int], None], count: int) -> int:
    """Lines of the verifiers that are executed, each as often as it is."""
    done = 0

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal done
        if frame.f_code.co_filename not in (verify.__file__, checking.__file__):
            return None
        done += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work(count)
    finally:
        sys.settrace(before)
    return done


@pytest.mark.parametrize("work", [documents, certificates, erasures, erasures_of_the_house, commands])
def test_twice_as_many_take_twice_the_work(work: Callable[[int], None]) -> None:
    once = steps(work, 100)
    assert once
    assert steps(work, 400) < 4.4 * once


@given(SPANS, st.integers(0, 31))
def test_of_ranges_the_first_that_holds_a_number_is_found(ranges: list[tuple[int, int]], number: int) -> None:
    bounds, firsts = verify.firsts_of(ranges)
    found = [firsts[place] for place, bound in enumerate(bounds) if bound <= number][-1:]
    assert (found or [None])[0] == next((each for each in ranges if each[0] <= number <= each[1]), None)


@given(
    st.dictionaries(st.integers(31, 40), st.tuples(SPANS, SPANS), max_size=4),
    st.integers(0, 31),
    st.one_of(st.none(), ROLES),
    st.one_of(st.none(), st.integers(31, 40)),
)
def test_what_is_missing_was_erased_by_the_one_entry_that_is_named(
    said: dict[int, tuple[list[tuple[int, int]], list[tuple[int, int]]]], idx: int, role: str | None, by: int | None
) -> None:
    """Both verifiers say so, as one who looks at all of them."""
    as_json = {each: (sorted_spans(details), sorted_spans(payloads)) for each, (details, payloads) in said.items()}
    theirs = verify.Erasures(
        {
            each: Erasure(verify.spans_before(each, details), {"wire": verify.spans_before(each, payloads)})
            for each, (details, payloads) in as_json.items()
        }
    )
    ours = checking._Erasures({each: covered(each, *spans) for each, spans in as_json.items()})
    alone = [each for each, (_, wire) in as_json.items() if role == "wire" and holds(wire, idx)]
    covering = alone or [each for each, (details, _) in as_json.items() if holds(details, idx)]
    assert raises(lambda: verify.check_erased(idx, role, by, theirs)) == (covering != [by])
    judge = (lambda: ours.require_detail(idx, by)) if role is None else (lambda: ours.require_payload(idx, role, by))
    assert raises(judge) == (covering != [by])


def sorted_spans(spans: list[tuple[int, int]]) -> list[list[int]]:
    """As an erasure has them: one behind the other."""
    found: list[list[int]] = []
    for first, last in sorted(spans):
        if first <= last and (not found or found[-1][1] < first):
            found.append([first, last])
    return found


def holds(spans: list[list[int]], idx: int) -> bool:
    return any(first <= idx <= last for first, last in spans)


def raises(judge: Callable[[], None]) -> bool:
    try:
        judge()
    except Failure:
        return True
    return False

"""What stands in a time stamp: read by our own eyes, told to others, and by ``verify.py`` of a bundle alike."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rfc3161_client import decode_timestamp_response

from gateway.ledger.evidence import verify
from gateway.ledger.timestamp import NoStamp, Trusted, granted, verified
from gateway.ledger.timestamp_structure import NotRead, in_set_order, read
from tests.gateway.ledger.evidence import making

from .authority import Authority

DATA = b"what is stamped"


@cache
def stamp() -> bytes:
    """One over the data."""
    return making.authority().stamp_data(DATA)


def _by_product(response: bytes) -> str | None:
    """The time that it says, as the product reads it; None where it is no stamp for the data."""
    try:
        return f"{granted(response, DATA).time}Z"
    except NoStamp:
        return None


def _by_script(response: bytes) -> str | None:
    """The same, as ``verify.py`` reads it."""
    try:
        return verify.check_stamp(response, DATA)
    except verify.BROKEN:
        return None


def test_it_says_when() -> None:
    assert _by_product(stamp()) == _by_script(stamp()) is not None
    assert read(stamp()).at == decode_timestamp_response(stamp()).tst_info.gen_time


def test_with_any_byte_changed_both_verifiers_say_the_same() -> None:
    said = set()
    for place in range(len(stamp())):
        for change in (0x01, 0x02, 0x10, 0x80, 0xFF):
            changed = bytearray(stamp())
            changed[place] ^= change
            by_product = _by_product(bytes(changed))
            assert by_product == _by_script(bytes(changed)), (place, change)
            said.add(by_product is None)
    assert said == {True, False}


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_with_bytes_removed_or_put_in_both_verifiers_say_the_same(data: st.DataObject) -> None:
    good = stamp()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(start + 8, len(good))))
    changed = good[:start] + data.draw(st.binary(max_size=8)) + good[end:]
    assert _by_product(changed) == _by_script(changed)


def _replaced(response: bytes, was: bytes, now: bytes) -> bytes:
    """With a value of the same length in place of another."""
    assert len(was) == len(now)
    assert was in response
    return response.replace(was, now)


@pytest.mark.parametrize("time", ["20260230000000Z", "20261301000000Z", "20260101240000Z", "20260101000060Z"])
def test_a_time_that_is_none_is_refused_by_both(time: str) -> None:
    changed = _replaced(stamp(), f"{read(stamp()).time}Z".encode(), time.encode())
    assert _by_product(changed) is _by_script(changed) is None


# Certificates in the order in which the authority gave them


_ROOTS = {"the root first by DER": "Root", "the root last by DER": "Root Of All That Is Stamped By Us"}


@pytest.fixture(scope="module", params=list(_ROOTS.values()), ids=list(_ROOTS))
def chatty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One that gives its root too, behind its own certificate."""
    return Authority(tmp_path_factory.mktemp("chatty") / "tsa", gives_root=True, root=request.param)


def test_a_stamp_is_believed_in_whichever_order_its_certificates_are(chatty: Authority) -> None:
    response = chatty.stamp_data(DATA)
    made = verified(response, DATA, Trusted.read(chatty.roots.read_bytes()))
    assert made.response == response
    assert made.authority == "CN=Time Stamps Inc"
    assert _by_product(response) == _by_script(response) is not None


def test_only_the_order_is_changed_and_only_once(chatty: Authority) -> None:
    response = chatty.stamp_data(DATA)
    ordered = in_set_order(response)
    assert sorted(ordered) == sorted(response)
    assert in_set_order(ordered) == ordered
    assert len(decode_timestamp_response(ordered).signed_data.certificates) == 2


def test_of_the_two_orders_one_is_that_of_der_and_the_other_is_not(tmp_path: Path) -> None:
    ordered = []
    for name, root in _ROOTS.items():
        response = Authority(tmp_path / name, gives_root=True, root=root).stamp_data(DATA)
        ordered.append(in_set_order(response) == response)
    assert ordered == [False, True]


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x00", b"\x30\x03\x02\x01\x00", b"<html>"])
def test_what_has_no_certificates_has_no_order(data: bytes) -> None:
    with pytest.raises(NotRead):
        in_set_order(data)

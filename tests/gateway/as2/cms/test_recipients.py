"""Wrapped content keys: found among many recipients, and unwrapped with the first that is ours."""

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.malformed import Malformed
from gateway.as2.asn1.tags import context_constructed
from gateway.as2.cms.algorithms import Digest, KeyTransport
from gateway.as2.cms.failures import DecryptionFailed, Refused
from gateway.as2.cms.identifiers import rsa_identifier
from gateway.as2.cms.keys import OwnKey
from gateway.as2.cms.policy import DEFAULT
from gateway.as2.cms.recipients import ContentKey, content_key, recipient_info
from tests.gateway.as2.keys import own

KEY = b"k" * 32
US, NEXT, OTHER = own("we"), own("partner"), own("other")


def wrapped(*recipients: OwnKey, transport: KeyTransport = KeyTransport.OAEP, by_subject_key_id: bool = False) -> bytes:
    infos = (recipient_info(each.certificate, KEY, transport, Digest.SHA256, by_subject_key_id) for each in recipients)
    return der.set_of(infos)


def unwrapped(recipient_infos: bytes, *keys: OwnKey) -> ContentKey:
    return content_key(recipient_infos, keys, len(KEY), DEFAULT, bytes)


@pytest.mark.parametrize("by_subject_key_id", [True, False])
@pytest.mark.parametrize("transport", KeyTransport)
def test_each_recipient_finds_its_own(transport: KeyTransport, by_subject_key_id: bool) -> None:
    infos = wrapped(US, NEXT, OTHER, transport=transport, by_subject_key_id=by_subject_key_id)
    for key in (US, NEXT, OTHER):
        assert unwrapped(infos, key) == ContentKey(KEY, key, transport)


def test_any_of_our_keys_will_do() -> None:
    """While certificates overlap, the partner may use either."""
    assert unwrapped(wrapped(NEXT), US, NEXT).owner is NEXT
    assert unwrapped(wrapped(US), US, NEXT).owner is US


def test_a_wrapped_key_without_its_leading_zeros() -> None:
    encrypt = US.certificate.public_key.encrypt
    with_zero = next(key for key in iter(lambda: encrypt(KEY, PKCS1v15()), b"") if key[0] == 0)
    info = der.sequence(
        der.integer(0), US.certificate.issuer_and_serial, rsa_identifier().encoded(), der.octet_string(with_zero[1:])
    )
    assert unwrapped(der.set_of([info]), US).key == KEY


def test_other_kinds_of_recipients_are_passed_over() -> None:
    """Key agreement is [1], a key both sides have [2], a password [3], anything else [4] (RFC 5652, 6.2)."""
    others = [der.value(context_constructed(number), der.integer(3)) for number in (1, 2, 3, 4)]
    mixed = der.set_of([*others, recipient_info(US.certificate, KEY, KeyTransport.OAEP, Digest.SHA256, False)])
    assert unwrapped(mixed, US).key == KEY
    with pytest.raises(DecryptionFailed, match="none of our certificates"):
        unwrapped(der.set_of(others), US)


def test_nobody() -> None:
    for infos, keys in ((der.set_of([]), [US]), (wrapped(US), [])):
        with pytest.raises(DecryptionFailed, match="none of our certificates"):
            unwrapped(infos, *keys)


@given(st.binary(max_size=100), st.integers(min_value=0, max_value=300))
def test_arbitrary_bytes(data: bytes, kept: int) -> None:
    for infos in (data, wrapped(US)[:kept] + data):
        if infos != wrapped(US):
            with pytest.raises((Malformed, Refused)):
                unwrapped(infos, US)


def test_the_source_of_randomness_is_asked_whether_or_not_it_is_needed() -> None:
    """So that a key that was unwrapped costs what one costs that was not."""
    asked = []

    def random_bytes(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    content_key(wrapped(US), [US], len(KEY), DEFAULT, random_bytes)
    assert asked == [len(KEY)]

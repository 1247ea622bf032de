"""Which keys and certificates count when."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.as2.terms import ALWAYS, Held, Pinned, Window, objection_to

from .exchange import BUYERS, NOW
from .keys import NOT_AFTER, NOT_BEFORE, own

DAY = timedelta(days=1)
OLD, NEW = own("OLD"), own("NEW")


@pytest.mark.parametrize(
    ("window", "covers"),
    [
        (ALWAYS, True),
        (Window(begins=NOW), True),
        (Window(ends=NOW), False),
        (Window(begins=NOW + DAY), False),
        (Window(begins=NOW - DAY, ends=NOW + DAY), True),
    ],
)
def test_windows(window: Window, covers: bool) -> None:
    assert window.covers(NOW) == covers


def test_the_first_key_in_force_signs_and_all_decrypt() -> None:
    agreed = replace(BUYERS, own_keys=(Held(OLD, Window(ends=NOW + DAY)), Held(NEW, Window(begins=NOW + DAY))))
    assert agreed.signing_key(NOW) == OLD
    assert agreed.signing_key(NOW + DAY) == NEW
    assert agreed.decryption_keys == (OLD, NEW)


def test_where_no_key_is_in_force_the_first_signs_all_the_same() -> None:
    assert replace(BUYERS, own_keys=(Held(OLD),)).signing_key(NOT_AFTER + DAY) == OLD
    assert replace(BUYERS, own_keys=()).signing_key(NOW) is None


def test_the_first_certificate_in_force_is_encrypted_for() -> None:
    pins = (Pinned(OLD.certificate, Window(ends=NOW)), Pinned(NEW.certificate))
    agreed = replace(BUYERS, partner_encryption=pins)
    assert agreed.encryption_certificate(NOW - DAY) == OLD.certificate
    assert agreed.encryption_certificate(NOW) == NEW.certificate
    assert agreed.encryption_certificate(NOT_AFTER + DAY) is None


@pytest.mark.parametrize(
    ("pins", "now", "objection"),
    [
        ((Pinned(OLD.certificate),), NOW, None),
        ((Pinned(OLD.certificate, Window(ends=NOW)), Pinned(OLD.certificate, Window(begins=NOW))), NOW, None),
        ((Pinned(OLD.certificate, Window(ends=NOW)),), NOW, "not agreed for this time"),
        ((Pinned(OLD.certificate),), NOT_AFTER + DAY, "expired on 2036-01-01"),
        ((Pinned(OLD.certificate),), NOT_BEFORE - DAY, "not valid before 2026-01-01"),
        ((Pinned(NEW.certificate),), NOW, "not pinned"),
        ((), NOW, "not pinned"),
    ],
)
def test_why_a_signer_does_not_count(pins: tuple[Pinned, ...], now: datetime, objection: str | None) -> None:
    found = objection_to(OLD.certificate, pins, now)
    assert (found is None) == (objection is None)
    assert objection is None or objection in (found or "")

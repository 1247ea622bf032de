"""From kept certificates to the terms of the AS2 core."""

from datetime import timedelta

import pytest

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from gateway.as2.cms.keys import Certificate, OwnKey
from gateway.as2.terms import Held, Pinned
from gateway.certificates.vault import VARIABLE, Vault
from gateway.exchange.keyring import Keyring
from partners.certificates import Use
from tests.gateway.as2.keys import own
from tests.gateway.house import House

ACME = PartnerId("acme")
DAY = timedelta(days=1)


@pytest.fixture
def keyring(house: House) -> Keyring:
    return Keyring(house.clock, house.gateway.vault)


def ours(house: House, keyring: Keyring) -> tuple[Held, ...]:
    with house.gateway.database.read() as session:
        return keyring.own(session)


def theirs(house: House, keyring: Keyring) -> tuple[tuple[Pinned, ...], tuple[Pinned, ...]]:
    with house.gateway.database.read() as session:
        return keyring.of_partner(session, ACME)


def take_key(house: House, key: OwnKey, *, days: int = 0, use: Use = Use.BOTH) -> None:
    house.gateway.custody.take_key(key, use=use, begins=house.clock.now() + days * DAY, by="anna")


def take(house: House, certificate: Certificate, *, days: int = 0, use: Use = Use.BOTH) -> int:
    begins = house.clock.now() + days * DAY
    return house.gateway.custody.take("acme", certificate, use=use, begins=begins, keep_previous=30 * DAY, by="anna").id


def certificates_of(held: tuple[Held, ...]) -> list[Certificate]:
    return [each.key.certificate for each in held]


def signers(held: tuple[Held, ...], house: House) -> list[bool]:
    return [each.signs(house.clock.now()) for each in held]


def test_of_nothing_there_is_nothing(house: House, keyring: Keyring) -> None:
    assert ours(house, keyring) == ()
    assert theirs(house, keyring) == ((), ())


def test_we_sign_with_the_current_key_until_the_next_takes_over_and_decrypt_with_both(
    house: House, keyring: Keyring
) -> None:
    old, new = own("OLD").certificate, own("NEW").certificate
    take_key(house, own("OLD"))
    take_key(house, own("NEW"), days=30)
    held = ours(house, keyring)
    assert (certificates_of(held), signers(held, house)) == ([old, new], [True, False])
    house.clock.advance(seconds=(30 * DAY).total_seconds())
    assert signers(held, house) == [False, True]
    assert certificates_of(ours(house, keyring)) == [new, old]


def test_a_key_that_only_decrypts_never_signs(house: House, keyring: Keyring) -> None:
    take_key(house, own("SECRET"), use=Use.ENCRYPT)
    take_key(house, own("SEAL"), use=Use.SIGN)
    held = ours(house, keyring)
    assert certificates_of(held) == [own("SEAL").certificate, own("SECRET").certificate]
    assert signers(held, house) == [True, False]


def test_signatures_count_by_the_next_at_once_and_by_the_previous_for_the_agreed_time(
    house: House, keyring: Keyring
) -> None:
    old, new = own("OLD").certificate, own("NEW").certificate
    take(house, old)
    take(house, new, days=10)
    signing, encryption = theirs(house, keyring)
    for day, accepted, encrypting in [
        (0, [old, new], [old]),
        (10, [old, new], [new]),
        (39, [old, new], [new]),
        (40, [new], [new]),
    ]:
        now = house.clock.now() + day * DAY
        assert [pin.certificate for pin in signing if pin.objection(now) is None] == accepted, day
        assert [pin.certificate for pin in encryption if pin.objection(now) is None] == encrypting, day


def test_each_purpose_has_its_own_certificates(house: House, keyring: Keyring) -> None:
    take(house, own("SEAL").certificate, use=Use.SIGN)
    take(house, own("SECRET").certificate, use=Use.ENCRYPT)
    signing, encryption = theirs(house, keyring)
    assert [pin.certificate for pin in signing] == [own("SEAL").certificate]
    assert [pin.certificate for pin in encryption] == [own("SECRET").certificate]


def test_a_change_counts_at_once_and_what_was_parsed_is_not_parsed_again(house: House, keyring: Keyring) -> None:
    take(house, own("OLD").certificate)
    [before], _ = theirs(house, keyring)
    take(house, own("NEW").certificate, days=1)
    (again, _), _ = theirs(house, keyring)
    assert again.certificate is before.certificate


def test_keys_that_do_not_open_are_told(house: House, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    take_key(house, own("OLD"))
    assert ours(house, keyring)
    monkeypatch.setenv(VARIABLE, "another one")
    assert ours(house, keyring), "it was opened before"
    with pytest.raises(Misconfigured, match=VARIABLE):
        ours(house, Keyring(house.clock, Vault(house.gateway.home.keys)))

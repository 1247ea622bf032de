"""From kept certificates to the terms of the AS2 core, and whose messages are believed by them."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, Retryable
from canonical.identity import PartnerId
from gateway.as2.cms.keys import Certificate, OwnKey
from gateway.as2.disposition import Reason
from gateway.as2.message import Attachment, build
from gateway.as2.receive import Received, Rejected
from gateway.as2.terms import Held, Pinned
from gateway.certificates import changes
from gateway.certificates.changes import New
from gateway.certificates.vault import VARIABLE, Vault
from gateway.exchange.keyring import Keyring
from gateway.operations.instruction import Instruction
from partners.certificates import Use
from tests.gateway.as2.exchange import BUYERS, ORDER, SUPPLIER, SUPPLIERS, Counted, received
from tests.gateway.as2.keys import certificate, own
from tests.gateway.as2.workspace import MemoryWorkspace
from tests.gateway.certificates.scene import Office
from tests.gateway.certificates.scene import office as open_office
from tests.gateway.house import NOON
from tests.spool.scene import KINDS

ACME = PartnerId("acme")
DAY = timedelta(days=1)
SHORT = OwnKey(certificate("SHORT", own("SHORT").private_key, not_after=NOON + 50 * DAY), own("SHORT").private_key)
"""The partner's key until the next; its certificate expires soon."""


@pytest.fixture(params=KINDS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with open_office(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def keyring(office: Office) -> Keyring:
    return Keyring(office.clock, office.custody.vault)


def ours(office: Office, keyring: Keyring) -> tuple[Held, ...]:
    with office.database.read() as session:
        return keyring.own(session)


def theirs(office: Office, keyring: Keyring) -> tuple[tuple[Pinned, ...], tuple[Pinned, ...]]:
    with office.database.read() as session:
        return keyring.of_partner(session, ACME)


def take_key(office: Office, key: OwnKey, *, days: int = 0, use: Use = Use.BOTH) -> None:
    office.custody.take_key(key, use=use, begins=office.clock.now() + days * DAY, by="anna")


def take(office: Office, certificate: Certificate, *, days: int = 0, use: Use = Use.BOTH) -> int:
    begins = office.clock.now() + days * DAY
    return office.custody.take("acme", certificate, use=use, begins=begins, keep_previous=30 * DAY, by="anna").id


def certificates_of(held: tuple[Held, ...]) -> list[Certificate]:
    return [each.key.certificate for each in held]


def signers(held: tuple[Held, ...], office: Office) -> list[bool]:
    return [each.signs(office.clock.now()) for each in held]


def test_what_is_used_at_once_is_used_though_the_clock_is_put_back(office: Office, keyring: Keyring) -> None:
    """As long as it is valid by its own dates: who put it there wanted it used, and no other is."""
    take_key(office, own("OURS"))
    take(office, own("SUPPLIER").certificate)
    for back in (0 * DAY, 30 * DAY):
        office.later(-back)
        _, [encryption] = theirs(office, keyring)
        assert encryption.objection(office.clock.now()) is None
        assert signers(ours(office, keyring), office) == [True]
    office.clock.time = own("SUPPLIER").certificate.not_before - DAY
    _, [encryption] = theirs(office, keyring)
    assert encryption.objection(office.clock.now()) is not None


def test_what_is_used_from_a_day_on_is_not_used_before(office: Office, keyring: Keyring) -> None:
    take(office, own("SUPPLIER").certificate, days=1)
    _, [encryption] = theirs(office, keyring)
    assert encryption.objection(office.clock.now()) is not None
    office.later(DAY)
    assert encryption.objection(office.clock.now()) is None


def test_of_nothing_there_is_nothing(office: Office, keyring: Keyring) -> None:
    assert ours(office, keyring) == ()
    assert theirs(office, keyring) == ((), ())


def test_we_sign_with_the_current_key_until_the_next_takes_over_and_decrypt_with_both(
    office: Office, keyring: Keyring
) -> None:
    old, new = own("OLD").certificate, own("NEW").certificate
    take_key(office, own("OLD"))
    take_key(office, own("NEW"), days=30)
    held = ours(office, keyring)
    assert (certificates_of(held), signers(held, office)) == ([old, new], [True, False])
    office.later(30 * DAY)
    assert signers(held, office) == [False, True]
    assert certificates_of(ours(office, keyring)) == [new, old]


def test_a_key_that_only_decrypts_never_signs(office: Office, keyring: Keyring) -> None:
    take_key(office, own("SECRET"), use=Use.ENCRYPT)
    take_key(office, own("SEAL"), use=Use.SIGN)
    held = ours(office, keyring)
    assert certificates_of(held) == [own("SEAL").certificate, own("SECRET").certificate]
    assert signers(held, office) == [True, False]


def test_signatures_count_by_the_next_at_once_and_by_the_previous_for_the_agreed_time(
    office: Office, keyring: Keyring
) -> None:
    old, new = own("OLD").certificate, own("NEW").certificate
    take(office, old)
    take(office, new, days=10)
    signing, encryption = theirs(office, keyring)
    for day, accepted, encrypting in [
        (0, [old, new], [old]),
        (10, [old, new], [new]),
        (39, [old, new], [new]),
        (40, [new], [new]),
    ]:
        now = office.clock.now() + day * DAY
        assert [pin.certificate for pin in signing if pin.objection(now) is None] == accepted, day
        assert [pin.certificate for pin in encryption if pin.objection(now) is None] == encrypting, day


def test_each_purpose_has_its_own_certificates(office: Office, keyring: Keyring) -> None:
    take(office, own("SEAL").certificate, use=Use.SIGN)
    take(office, own("SECRET").certificate, use=Use.ENCRYPT)
    signing, encryption = theirs(office, keyring)
    assert [pin.certificate for pin in signing] == [own("SEAL").certificate]
    assert [pin.certificate for pin in encryption] == [own("SECRET").certificate]


def test_a_change_counts_at_once_and_what_was_parsed_is_not_parsed_again(office: Office, keyring: Keyring) -> None:
    take(office, own("OLD").certificate)
    [before], _ = theirs(office, keyring)
    take(office, own("NEW").certificate, days=1)
    (again, _), _ = theirs(office, keyring)
    assert again.certificate is before.certificate


def test_what_begins_comes_first_from_its_moment_on_also_where_the_clock_is_put_back(
    office: Office, keyring: Keyring
) -> None:
    old, new = own("OLD").certificate, own("NEW").certificate
    take_key(office, own("OLD"))
    take_key(office, own("NEW"), days=30)
    for days, expected in [(29, [old, new]), (30, [new, old]), (29, [old, new])]:
        office.clock.time = NOON + days * DAY
        assert certificates_of(ours(office, keyring)) == expected


def test_what_is_taken_in_and_undone_is_not_remembered(office: Office, keyring: Keyring) -> None:
    def take_and_undo(session: Session) -> None:
        changes.add(
            session, office.clock, New(ACME, own("OLD").certificate, Use.BOTH, NOON), by="anna", outcome="imported"
        )
        assert keyring.of_partner(session, ACME) != ((), ())
        raise Retryable("The disk is full.")

    with pytest.raises(Retryable):
        office.database.write(take_and_undo)
    assert theirs(office, keyring) == ((), ())
    take(office, own("NEW").certificate)
    [pinned], _ = theirs(office, keyring)
    assert pinned.certificate == own("NEW").certificate


def test_keys_that_do_not_open_are_told(office: Office, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    take_key(office, own("OLD"))
    assert ours(office, keyring)
    monkeypatch.setenv(VARIABLE, "another one")
    assert ours(office, keyring), "it was opened before"
    with pytest.raises(Misconfigured, match=VARIABLE):
        ours(office, Keyring(office.clock, Vault(office.keys)))


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
class TestMessages:
    """What comes from a partner is believed by its certificates that are agreed for that moment, and decrypted by any key of ours."""

    @pytest.fixture(autouse=True)
    def _certificates(self, office: Office) -> None:
        """With an old certificate of the partner's, and one that takes over after ten days."""
        take_key(office, own(SUPPLIER))
        take(office, SHORT.certificate)
        take(office, own("NEXT").certificate, days=10)

    def signed_by(self, key: OwnKey, office: Office, keyring: Keyring) -> Received | Rejected:
        """What becomes of a message that the partner signs now with this key, and encrypts for us."""
        now = office.clock.now()
        message = build(
            [Attachment(io.BytesIO(ORDER), "application/edi-x12")],
            replace(BUYERS, own_keys=(Held(key),)),
            message_id="po-1@buyer.example",
            now=now,
            fresh=Counted("buyer"),
            workspace=MemoryWorkspace(),
        )
        signing, encryption = theirs(office, keyring)
        ours_now = replace(
            SUPPLIERS, own_keys=ours(office, keyring), partner_signing=signing, partner_encryption=encryption
        )
        return received(message, ours_now, now=now)

    @pytest.mark.parametrize(
        ("day", "signer", "refused"),
        [
            (0, "SHORT", None),
            (0, "NEXT", None),
            (10, "NEXT", None),
            (39, "SHORT", None),
            (40, "SHORT", "not agreed for this time"),
            (51, "SHORT", "expired on 2027-01-10"),
            (51, "NEXT", None),
        ],
    )
    def test_are_believed_by_the_day(
        self, office: Office, keyring: Keyring, day: int, signer: str, refused: str | None
    ) -> None:
        office.later(day * DAY)
        key = SHORT if signer == "SHORT" else own(signer)
        result = self.signed_by(key, office, keyring)
        if refused is None:
            assert isinstance(result, Received)
            assert result.signed_by == key.certificate
        else:
            assert isinstance(result, Rejected)
            assert result.disposition.reason is Reason.AUTHENTICATION_FAILED
            assert refused in result.why

    def test_are_not_believed_by_a_stranger(self, office: Office, keyring: Keyring) -> None:
        result = self.signed_by(own("STRANGER"), office, keyring)
        assert isinstance(result, Rejected)
        assert "not accepted for this partner" in result.why

    def test_are_not_believed_by_a_certificate_that_is_not_valid_yet(self, office: Office, keyring: Keyring) -> None:
        later = OwnKey(
            certificate("LATER", own("LATER").private_key, not_before=office.clock.now() + DAY),
            own("LATER").private_key,
        )
        take(office, later.certificate, days=1)
        result = self.signed_by(later, office, keyring)
        assert isinstance(result, Rejected)
        assert "not valid before" in result.why

    def test_are_not_believed_by_what_was_withdrawn_however_often_it_was_before(
        self, office: Office, keyring: Keyring
    ) -> None:
        number = take(office, own("STOLEN").certificate)
        assert isinstance(self.signed_by(own("STOLEN"), office, keyring), Received)
        office.custody.withdraw(number, Instruction("anna", "Its key was stolen."))
        assert isinstance(self.signed_by(own("STOLEN"), office, keyring), Rejected)

    def test_for_a_key_that_was_replaced_are_decrypted_and_for_one_that_was_withdrawn_are_not(
        self, office: Office, keyring: Keyring
    ) -> None:
        take_key(office, own("NEWER"))
        assert isinstance(self.signed_by(SHORT, office, keyring), Received)
        [old] = [
            each.row for each in office.custody.all() if each.row.fingerprint == own(SUPPLIER).certificate.fingerprint
        ]
        office.custody.withdraw(old.id, Instruction("anna", "Its key was stolen."))
        result = self.signed_by(SHORT, office, keyring)
        assert isinstance(result, Rejected)
        assert result.disposition.reason is Reason.DECRYPTION_FAILED

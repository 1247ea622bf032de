"""What an administrator may have done with keys and certificates, and what the journal says of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from canonical.errors import Misconfigured, NotFound
from gateway.as2.cms.keys import Certificate
from gateway.certificates.changes import later
from gateway.certificates.custody import Custody
from gateway.certificates.making import subject
from gateway.certificates.vault import NAME, VARIABLE
from gateway.operations.instruction import Instruction, NotPossible
from partners.certificates import CertificateRow, Place, Use
from tests.gateway.as2.keys import NOT_AFTER, certificate, own
from tests.gateway.house import NOON, House

from .scene import Office

DAY = timedelta(days=1)
MONTH = 30 * DAY
US = subject("OURS", None)
STOLEN = Instruction("anna", "The key was stolen.")


@pytest.fixture
def custody(office: Office) -> Custody:
    return office.custody


def generate(custody: Custody, *, days: int = 1000, begins: datetime | None = None) -> CertificateRow:
    return custody.generate(US, bits=2048, days=days, begins=begins, by="anna")


def rotate(custody: Custody, *, begins: datetime | None = None) -> CertificateRow:
    return custody.rotate(bits=2048, days=1000, begins=begins, by="anna")


def take(
    custody: Custody,
    name: str | Certificate = "ACME",
    *,
    use: Use = Use.BOTH,
    begins: datetime | None = None,
    keep_previous: timedelta = MONTH,
) -> CertificateRow:
    taken = own(name).certificate if isinstance(name, str) else name
    return custody.take("acme", taken, use=use, begins=begins, keep_previous=keep_previous, by="anna")


def valid(name: str, not_before: datetime, not_after: datetime) -> Certificate:
    """A certificate of another validity, for a key that is there already."""
    return certificate(name, own("ACME").private_key, not_before=not_before, not_after=not_after)


def places(custody: Custody, office: Office, partner: str | None = None) -> dict[int, set[Place]]:
    return {each.row.id: set(each.places(office.clock.now()).values()) for each in custody.all(partner)}


def told(office: Office) -> list[tuple[str, str, dict[str, Any]]]:
    return [(entry.actor, entry.outcome, entry.detail) for entry in office.told()]


class TestOurs:
    def test_the_first_key_is_used_at_once_and_its_passphrase_is_made(self, custody: Custody, office: Office) -> None:
        row = generate(custody)
        assert (row.partner, row.begins, row.subject) == (None, NOON, "CN=OURS")
        assert row.private_key is not None
        assert "ENCRYPTED" in row.private_key
        assert (office.keys / NAME).exists()
        assert places(custody, office) == {row.id: {Place.CURRENT}}

    def test_a_second_key_is_not_made_by_mistake(self, custody: Custody) -> None:
        generate(custody)
        with pytest.raises(NotPossible, match="`tally cert rotate`"):
            generate(custody)
        assert generate(custody, begins=NOON + DAY).begins == NOON + DAY

    def test_rotation_leaves_partners_a_month(self, custody: Custody, office: Office) -> None:
        old, new = generate(custody), rotate(custody)
        assert (new.begins, new.subject) == (NOON + MONTH, old.subject)
        assert places(custody, office) == {old.id: {Place.CURRENT}, new.id: {Place.NEXT}}
        office.later(MONTH)
        assert places(custody, office) == {old.id: {Place.PREVIOUS}, new.id: {Place.CURRENT}}

    @pytest.mark.parametrize(
        ("days", "begins"), [(100, NOON + MONTH), (37, NOON + MONTH), (36, NOON + 29 * DAY), (7, NOON), (2, NOON)]
    )
    def test_rotation_comes_a_week_before_the_key_expires_at_the_latest(
        self, custody: Custody, days: int, begins: datetime
    ) -> None:
        generate(custody, days=days)
        assert rotate(custody).begins == begins

    def test_there_is_one_next_key_at_a_time(self, custody: Custody) -> None:
        generate(custody)
        new = rotate(custody)
        with pytest.raises(NotPossible, match=f"`tally cert withdraw {new.id}`"):
            rotate(custody)

    def test_a_day_that_has_begun_means_from_now_on(self, custody: Custody) -> None:
        """By that day's midnight it would stand before the key that was made since, and never sign."""
        old = generate(custody)
        new = rotate(custody, begins=custody.clock.now() - timedelta(hours=12))
        assert new.begins == custody.clock.now() >= old.begins

    def test_what_is_not_there_cannot_be_rotated_or_exported(self, custody: Custody) -> None:
        with pytest.raises(NotPossible, match="`tally key generate`"):
            rotate(custody)
        with pytest.raises(NotFound, match="`tally key generate`"):
            custody.own()

    def test_a_key_of_another_product_is_taken_over(self, custody: Custody) -> None:
        row = custody.take_key(own("OLD"), use=Use.BOTH, begins=None, by="anna")
        assert (row.fingerprint, row.begins) == (own("OLD").certificate.fingerprint, NOON)

    def test_the_newest_is_given_to_partners_unless_another_is_asked_for(self, custody: Custody) -> None:
        old, new = generate(custody), rotate(custody)
        assert custody.own().id == new.id
        assert custody.own(old.id).id == old.id
        theirs = take(custody)
        with pytest.raises(NotFound, match="`tally key list`"):
            custody.own(theirs.id)

    def test_no_key_is_sealed_with_another_passphrase_than_those_before(
        self, custody: Custody, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        generate(custody)
        monkeypatch.setenv(VARIABLE, "another one")
        with pytest.raises(Misconfigured, match=VARIABLE):
            rotate(custody)
        assert len(custody.all()) == 1


class TestPartners:
    def test_the_first_is_used_at_once(self, custody: Custody, office: Office) -> None:
        row = take(custody)
        assert (row.partner, row.begins, row.private_key) == ("acme", NOON, None)
        assert x509.load_pem_x509_certificate(row.pem.encode()) == own("ACME").certificate.x509
        assert places(custody, office, "acme") == {row.id: {Place.CURRENT}}

    def test_the_next_waits_for_its_day_and_the_former_is_believed_for_the_agreed_time(self, custody: Custody) -> None:
        take(custody)
        take(custody, "NEXT", begins=NOON + 5 * DAY, keep_previous=10 * DAY)
        former, following = custody.all("acme")
        assert former.turns[Use.ENCRYPT].ends == NOON + 5 * DAY
        assert former.accepted_until == NOON + 15 * DAY
        assert following.accepted_until is None

    def test_one_that_is_not_valid_yet_is_used_when_it_is(self, custody: Custody) -> None:
        row = take(custody, valid("LATER", NOON + DAY, NOT_AFTER))
        assert row.begins == NOON + DAY

    def test_the_same_is_not_taken_twice_but_again_when_it_was_withdrawn(self, custody: Custody) -> None:
        row = take(custody)
        with pytest.raises(NotPossible, match=f"number {row.id} "):
            take(custody)
        custody.withdraw(row.id, STOLEN)
        assert take(custody).id != row.id

    def test_of_nobody_are_not_taken(self, custody: Custody) -> None:
        with pytest.raises(NotFound, match="There is no partner nobody"):
            custody.take("nobody", own("ACME").certificate, use=Use.BOTH, begins=None, keep_previous=MONTH, by="anna")
        with pytest.raises(NotFound):
            custody.all("nobody")


@pytest.mark.parametrize(
    ("taken", "begins", "told"),
    [
        (valid("OLD", NOON - 10 * DAY, NOON - DAY), None, "expired on 2026-11-20 12:00"),
        (own("WEAK", 1024).certificate, None, "has 1024 bits; at least 2048"),
        (valid("SOON", NOON + DAY, NOT_AFTER), NOON, "valid from 2026-11-22 12:00"),
        (valid("SHORT", NOON - DAY, NOON + DAY), NOON + 2 * DAY, "to 2026-11-22 12:00"),
    ],
    ids=["expired", "weak", "used before it is valid", "used after it is valid"],
)
def test_what_cannot_be_used_is_not_taken(
    custody: Custody, taken: Certificate, begins: datetime | None, told: str
) -> None:
    with pytest.raises(Misconfigured, match=told):
        take(custody, taken, begins=begins)
    assert custody.all() == []


class TestGaps:
    """There is never a time at which none may be used."""

    @pytest.mark.parametrize(
        ("expires", "begins", "taken"),
        [
            (NOON + DAY, NOON + DAY, True),
            (NOON + DAY, NOON + DAY + timedelta(minutes=1), False),
            (NOON + DAY, NOON, True),
        ],
        ids=["at the end", "after the end", "now"],
    )
    def test_the_next_begins_before_the_current_expires(
        self, custody: Custody, expires: datetime, begins: datetime, taken: bool
    ) -> None:
        take(custody, valid("CURRENT", NOON - DAY, expires))
        if taken:
            assert take(custody, "NEXT", begins=begins).begins == begins
        else:
            with pytest.raises(Misconfigured, match=r"there is none in between\. Give --begins 2026-11-22T12:00"):
                take(custody, "NEXT", begins=begins)

    def test_after_it_expired_the_next_begins_at_once(self, custody: Custody, office: Office) -> None:
        take(custody, valid("CURRENT", NOON - DAY, NOON + DAY))
        office.later(2 * DAY)
        with pytest.raises(Misconfigured, match="Give --begins 2026-11-23T12:00"):
            take(custody, "NEXT", begins=NOON + 3 * DAY)
        assert take(custody, "NEXT").begins == NOON + 2 * DAY

    def test_only_those_for_the_same_purpose_count(self, custody: Custody) -> None:
        take(custody, valid("CURRENT", NOON - DAY, NOON + DAY), use=Use.SIGN)
        assert take(custody, "NEXT", use=Use.ENCRYPT, begins=NOON + 9 * DAY)

    @pytest.mark.parametrize("mine", [True, False])
    def test_what_follows_takes_over_at_once_from_what_is_withdrawn(
        self, custody: Custody, office: Office, mine: bool
    ) -> None:
        if mine:
            old, new = generate(custody), rotate(custody)
        else:
            old, new = take(custody), take(custody, "NEXT", begins=NOON + MONTH)
        custody.withdraw(old.id, STOLEN)
        assert places(custody, office) == {old.id: set(), new.id: {Place.CURRENT}}
        assert [outcome for _, outcome, _ in told(office)][-2:] == [STOLEN.reason, f"takes over from {old.id} at once"]

    def test_what_came_before_takes_over_again_from_what_is_withdrawn(self, custody: Custody, office: Office) -> None:
        old, new = take(custody), take(custody, "NEXT")
        assert places(custody, office) == {old.id: {Place.PREVIOUS}, new.id: {Place.CURRENT}}
        custody.withdraw(new.id, STOLEN)
        assert places(custody, office) == {old.id: {Place.CURRENT}, new.id: set()}

    @pytest.mark.parametrize(
        ("days", "use", "again"),
        [(29, Use.BOTH, True), (30, Use.BOTH, False), (30, Use.SIGN, True)],
        ids=["while it is believed", "when its time is over", "for another purpose it is used still"],
    )
    def test_what_came_before_takes_over_again_only_while_its_time_is_not_over(
        self, custody: Custody, office: Office, days: int, use: Use, again: bool
    ) -> None:
        old, new = take(custody), take(custody, "NEXT", use=use)
        office.later(days * DAY)
        custody.withdraw(new.id, STOLEN)
        assert places(custody, office) == {old.id: {Place.CURRENT} if again else set(), new.id: set()}

    def test_withdrawing_what_has_not_begun_changes_nothing_else(self, custody: Custody, office: Office) -> None:
        old, new = take(custody), take(custody, "NEXT", begins=NOON + MONTH)
        custody.withdraw(new.id, STOLEN)
        assert places(custody, office) == {old.id: {Place.CURRENT}, new.id: set()}


class TestDecisions:
    def test_only_what_is_in_force_is_withdrawn_and_only_what_waits_is_decided(self, custody: Custody) -> None:
        row = take(custody)
        with pytest.raises(NotPossible, match=f"Certificate {row.id} is in-force, and only one that is pending"):
            custody.approve(row.id, by="anna")
        with pytest.raises(NotPossible, match="only one that is pending can be rejected"):
            custody.reject(row.id, STOLEN)
        custody.withdraw(row.id, STOLEN)
        with pytest.raises(NotPossible, match="only one that is in-force can be withdrawn"):
            custody.withdraw(row.id, STOLEN)

    def test_of_what_does_not_exist_are_told(self, custody: Custody) -> None:
        with pytest.raises(NotFound, match="`tally cert list`"):
            custody.withdraw(1, STOLEN)


def test_every_change_is_in_the_journal_with_who_and_before_and_after(custody: Custody, office: Office) -> None:
    row = take(custody, begins=NOON)
    custody.withdraw(row.id, STOLEN)
    kept = {"use": "both", "begins": NOON.isoformat(), "previous_until": (NOON + MONTH).isoformat()}
    is_it = {"certificate": row.id, "subject": "CN=ACME", "fingerprint": row.fingerprint}
    in_force, withdrawn = {"state": "in-force", **kept}, {"state": "withdrawn", **kept}
    assert told(office) == [
        ("anna", "imported", {**is_it, "before": None, "after": in_force}),
        ("anna", STOLEN.reason, {**is_it, "before": in_force, "after": withdrawn}),
    ]


def test_no_private_key_is_in_the_journal(custody: Custody, office: Office) -> None:
    row = generate(custody)
    assert row.private_key is not None
    assert row.private_key[40:80] not in str(told(office))


@pytest.mark.parametrize("by", [DAY, timedelta.max])
def test_later_ends_with_the_calendar(by: timedelta) -> None:
    assert later(NOT_AFTER, by) - NOT_AFTER <= by


def test_a_gateway_whose_keys_do_not_open_is_not_served(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.gateway.custody.take_key(own("OLD"), use=Use.BOTH, begins=None, by="anna")
    with house.gateway.serving(sftp_port=0, http_port=0) as service:
        assert service.sftp_port
    monkeypatch.setenv(VARIABLE, "another one")
    with pytest.raises(Misconfigured, match=VARIABLE), house.gateway.serving(sftp_port=0, http_port=0):
        pytest.fail("it is served")

"""Certificates that partners send for approval, and what they are answered."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from gateway.as2.cem import Answer, Offer, Reference, Request, Response, Usage
from gateway.as2.cms.keys import Certificate
from gateway.certificates import exchanging
from gateway.certificates.custody import Custody
from gateway.certificates.making import subject
from gateway.operations.instruction import Instruction
from partners import certificates
from partners.certificates import CertificateRow, CertificateState, Use
from tests.gateway.as2.keys import NOT_AFTER, certificate, own
from tests.gateway.house import NOON

from .scene import Office

ACME = PartnerId("acme")
DAY = timedelta(days=1)
CURRENT = own("ACME").certificate
NEXT = own("NEXT").certificate
BOTH = frozenset({Usage.SIGNATURE, Usage.ENCRYPTION})
NO = Instruction("anna", "The fingerprint is another one.")


def offer(
    offered: Certificate | str = NEXT, *, usages: frozenset[Usage] = BOTH, respond_by: datetime | None = None
) -> Offer:
    reference = Reference("CN=as they write it", 7) if isinstance(offered, str) else Reference.to(offered)
    return Offer(reference, offered, usages, respond_by)


def receive(office: Office, *offers: Offer, request_id: str = "r-1") -> tuple[Answer, ...]:
    request = Request(request_id, "ACME-AS2", NOON, offers)
    return office.database.write(
        lambda session: exchanging.received(session, office.clock, ACME, request, signed_by=CURRENT)
    )


def rows(office: Office) -> list[CertificateRow]:
    with office.database.read() as session:
        return [row for row in certificates.all(session) if row.partner == ACME]


def pending(office: Office) -> CertificateRow:
    [row] = [row for row in rows(office) if row.state is CertificateState.PENDING]
    return row


class Mailbox:
    """Hears what a partner is to be told."""

    def __init__(self) -> None:
        self.responses: list[Response | None] = []

    def __call__(self, _session: Session, row: CertificateRow, why: str) -> None:
        self.responses.append(exchanging.decision(row, why, own_name="US"))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def custody(office: Office, mailbox: Mailbox) -> Custody:
    """With a certificate of the partner's in force."""
    custody = replace(office.custody, decided=mailbox)
    custody.take("acme", CURRENT, use=Use.BOTH, begins=None, keep_previous=30 * DAY, by="anna")
    return custody


def test_what_is_offered_waits_and_is_not_used(custody: Custody, office: Office) -> None:
    assert receive(office, offer()) == ()
    row = pending(office)
    assert (row.fingerprint, row.use, row.added_by) == (NEXT.fingerprint, Use.BOTH, "acme")
    assert row.request == {
        "request_id": "r-1",
        "issuer": "CN=NEXT",
        "serial_number": str(NEXT.x509.serial_number),
        "respond_by": None,
        "signed_by": CURRENT.fingerprint,
    }
    with office.database.read() as session:
        assert [each.fingerprint for each in certificates.in_force(session, ACME)] == [CURRENT.fingerprint]
    assert office.told()[-1].outcome == "sent for approval"


def test_approved_it_is_used_from_then_on_and_the_partner_is_told(
    custody: Custody, office: Office, mailbox: Mailbox
) -> None:
    receive(office, offer())
    office.later(3 * DAY)
    row = custody.approve(pending(office).id, by="anna")
    assert (row.state, row.begins, row.previous_until) == (CertificateState.IN_FORCE, NOON + 3 * DAY, NOON + 33 * DAY)
    assert mailbox.responses == [Response("r-1", "US", None, (Answer(Reference.to(NEXT), True),))]
    assert (office.told()[-1].actor, office.told()[-1].outcome) == ("anna", "approved")


def test_rejected_it_is_never_used_and_the_partner_is_told_why(
    custody: Custody, office: Office, mailbox: Mailbox
) -> None:
    receive(office, offer())
    row = custody.reject(pending(office).id, NO)
    assert row.state is CertificateState.REJECTED
    assert mailbox.responses == [Response("r-1", "US", None, (Answer(Reference.to(NEXT), False, NO.reason),))]


def test_signatures_by_the_former_count_until_well_after_the_partner_wants_to_change(
    custody: Custody, office: Office
) -> None:
    receive(office, offer(respond_by=NOON + 40 * DAY))
    custody.approve(pending(office).id, by="anna")
    former, _ = office.custody.all("acme")
    assert former.accepted_until == NOON + 70 * DAY


@pytest.mark.parametrize("respond_by", [datetime.max.replace(tzinfo=NOON.tzinfo), NOON - 4000 * DAY])
def test_a_date_beyond_reason_is_held_within_it(custody: Custody, office: Office, respond_by: datetime) -> None:
    receive(office, offer(respond_by=respond_by))
    row = custody.approve(pending(office).id, by="anna")
    assert row.previous_until is not None
    assert NOON + 30 * DAY <= row.previous_until <= NOT_AFTER + 30 * DAY


@pytest.mark.parametrize(
    ("usages", "use"),
    [
        (frozenset({Usage.SIGNATURE}), Use.SIGN),
        (frozenset({Usage.ENCRYPTION, Usage.TLS_SERVER}), Use.ENCRYPT),
        (BOTH | {Usage.TLS_CLIENT}, Use.BOTH),
    ],
)
def test_usages_become_ours(custody: Custody, office: Office, usages: frozenset[Usage], use: Use) -> None:
    receive(office, offer(usages=usages))
    assert pending(office).use is use


@pytest.mark.parametrize(
    ("offered", "why"),
    [
        (offer("The certificate is not in the message."), "not in the message"),
        (offer(certificate("OLD", own("ACME").private_key, not_after=NOON - DAY)), "expired on 2026-11-20"),
        (offer(own("WEAK", 1024).certificate), "1024 bits"),
        (offer(usages=frozenset({Usage.TLS_SERVER})), "for TLS"),
        (offer(usages=frozenset()), "neither for signatures nor for encryption"),
    ],
    ids=["missing", "expired", "weak", "for TLS", "for nothing"],
)
def test_what_nobody_need_decide_is_refused_at_once_and_the_others_wait(
    custody: Custody, office: Office, offered: Offer, why: str
) -> None:
    other = certificate("THIRD", own("NEXT").private_key)
    [answer] = receive(office, offered, offer(other))
    assert (answer.reference, answer.accepted) == (offered.reference, False)
    assert why in (answer.reason or "")
    assert pending(office).fingerprint == other.fingerprint
    assert any(why in entry.outcome for entry in office.told())


class TestRepeated:
    def test_a_request_that_comes_again_is_kept_once_and_its_latest_id_is_answered(
        self, custody: Custody, office: Office, mailbox: Mailbox
    ) -> None:
        receive(office, offer())
        receive(office, offer())
        receive(office, offer(), request_id="r-2")
        custody.approve(pending(office).id, by="anna")
        [response] = mailbox.responses
        assert response is not None
        assert response.request_id == "r-2"
        assert len(rows(office)) == 2

    def test_what_is_in_force_is_accepted_at_once(self, custody: Custody, office: Office) -> None:
        assert receive(office, offer(CURRENT)) == (Answer(Reference.to(CURRENT), True),)
        assert len(rows(office)) == 1

    def test_a_flood_is_refused(self, custody: Custody, office: Office) -> None:
        many = [offer(certificate(f"N{number}", own("NEXT").private_key)) for number in range(exchanging.MOST_PENDING)]
        assert receive(office, *many) == ()
        [answer] = receive(office, offer())
        assert answer.reason == "20 certificates wait for a decision already."


def test_what_came_by_mail_is_not_answered(custody: Custody, office: Office) -> None:
    [row] = rows(office)
    assert exchanging.decision(row, "", own_name="US") is None


class TestOurs:
    @pytest.fixture
    def ours(self, custody: Custody) -> CertificateRow:
        return custody.generate(subject("OURS", None), bits=2048, days=900, begins=NOON + 30 * DAY, by="anna")

    def test_is_offered_with_the_day_from_which_we_sign_with_it(self, ours: CertificateRow) -> None:
        request = exchanging.announcement(ours, "r-9", own_name="US", response_url="https://us.example/as2")
        [offered] = request.offers
        assert isinstance(offered.certificate, Certificate)
        assert offered.certificate.fingerprint == ours.fingerprint
        assert (offered.usages, offered.respond_by) == (BOTH, NOON + 30 * DAY)
        assert (request.request_id, request.sender, offered.response_url) == ("r-9", "US", "https://us.example/as2")

    @pytest.mark.parametrize(
        ("accepted", "outcome"), [(True, "acme answers: accepted"), (False, "acme answers: rejected: too short")]
    )
    def test_what_a_partner_answers_is_noted(
        self, office: Office, ours: CertificateRow, accepted: bool, outcome: str
    ) -> None:
        entry = self.answer(office, Certificate.load(ours.pem.encode()).x509.serial_number, accepted)
        assert (entry.outcome, entry.partner, entry.detail["certificate"]) == (outcome, "acme", ours.id)

    def test_also_what_it_answers_about_another_than_ours(self, office: Office, ours: CertificateRow) -> None:
        assert self.answer(office, 7, accepted=True).detail["certificate"] is None

    def answer(self, office: Office, serial_number: int, accepted: bool) -> Any:
        reference = Reference("CN=OURS", serial_number)
        response = Response("r-9", "ACME-AS2", NOON, (Answer(reference, accepted, None if accepted else "too short"),))
        note = partial(exchanging.answered, clock=office.clock, partner=ACME, told=response)
        office.database.write(lambda session: note(session))
        return office.told()[-1]

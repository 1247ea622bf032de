"""A key that is here already, in a certificate of ours or of a partner's."""

from datetime import timedelta

import pytest

from canonical.errors import Misconfigured
from gateway.as2.cem import Answer, Offer, Reference, Request, Usage
from gateway.as2.cms.keys import Certificate
from gateway.certificates import exchanging
from gateway.exceptions import Exceptions
from gateway.operations.instruction import Instruction
from partners.certificates import CertificateRow, CertificateState, Use
from tests.gateway.as2.keys import certificate, own
from tests.gateway.house import NOON

from .scene import Office
from .test_exchanging import ACME

OURS, THEIRS = own("OURS"), own("THEIRS")
RENAMED = certificate("SOMEBODY ELSE", OURS.private_key)
RENEWED = certificate("THEIRS 2027", THEIRS.private_key)
NO = Instruction("anna", "The fingerprint is another one.")


def keep_ours(office: Office) -> CertificateRow:
    return office.custody.take_key(OURS, use=Use.BOTH, begins=None, by="anna")


def take(office: Office, taken: Certificate, partner: str = "acme") -> CertificateRow:
    return office.custody.take(partner, taken, use=Use.BOTH, begins=None, keep_previous=timedelta(days=1), by="anna")


def offered(office: Office, taken: Certificate) -> tuple[Answer, ...]:
    offer = Offer(Reference.to(taken), taken, frozenset({Usage.SIGNATURE, Usage.ENCRYPTION}))
    request = Request("r-1", "ACME-AS2", NOON, (offer,))
    return office.database.write(
        lambda session: exchanging.received(session, office.clock, ACME, request, signed_by=THEIRS.certificate)
    )


def pending(office: Office) -> CertificateRow:
    [row] = [each.row for each in office.custody.all("acme") if each.row.state is CertificateState.PENDING]
    return row


def told(office: Office) -> str:
    """What whoever decides is told of what waits."""
    with office.database.read() as session:
        [waiting] = Exceptions(partner="acme").set_aside(session)
    return waiting.why


@pytest.mark.parametrize("shown", [OURS.certificate, RENAMED], ids=["our certificate", "another for our key"])
@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_key_of_ours_is_never_a_partners(office: Office, shown: Certificate, withdrawn: bool) -> None:
    ours = keep_ours(office)
    if withdrawn:
        office.custody.withdraw(ours.id, Instruction("anna", "It was stolen."))
    with pytest.raises(Misconfigured, match="is one of ours"):
        take(office, shown)
    [answer] = offered(office, shown)
    assert (answer.accepted, "is one of ours" in (answer.reason or "")) == (False, True)
    assert [each.row.partner for each in office.custody.all()] == [None]


def test_nor_is_a_partners_ours(office: Office) -> None:
    row = take(office, OURS.certificate)
    with pytest.raises(Misconfigured, match="is acme's"):
        keep_ours(office)
    office.custody.withdraw(row.id, Instruction("anna", "It was ours."))
    assert keep_ours(office).state is CertificateState.IN_FORCE


def test_that_another_partner_has_the_key_is_told(office: Office) -> None:
    assert office.custody.doubts(take(office, THEIRS.certificate)) == ()
    [doubt] = office.custody.doubts(take(office, RENEWED, "beta"))
    assert doubt.startswith("The same key is here as that of acme: whoever has it can sign for all of them. Ask beta")
    take(office, RENEWED, "cargo")
    offered(office, RENEWED)
    assert "as that of beta, cargo:" in told(office)


def test_a_renewed_certificate_for_a_partners_own_key_is_no_matter(office: Office) -> None:
    take(office, THEIRS.certificate)
    assert office.custody.doubts(take(office, RENEWED)) == ()


@pytest.mark.parametrize("again", [THEIRS.certificate, RENEWED], ids=["the same", "another for its key"])
def test_that_it_was_rejected_before_is_told_to_whoever_decides(office: Office, again: Certificate) -> None:
    offered(office, THEIRS.certificate)
    first = pending(office)
    assert "rejected" not in told(office).split("TEXT`.")[1]
    office.custody.reject(first.id, NO)
    offered(office, again)
    assert f"The same key was rejected on {NOON:%Y-%m-%d %H:%M} UTC by anna, as number {first.id}: " in told(office)


def test_also_that_it_was_taken_out_of_use(office: Office) -> None:
    row = take(office, THEIRS.certificate)
    office.custody.withdraw(row.id, Instruction("anna", "It was stolen."))
    [doubt] = office.custody.doubts(take(office, RENEWED))
    assert "was taken out of use on" in doubt

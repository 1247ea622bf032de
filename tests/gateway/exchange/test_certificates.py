"""Certificate exchange messages between two gateways: offered, decided by a person, answered, noted."""

from pathlib import Path

import pytest
from sqlalchemy import select

from canonical.errors import Misconfigured
from gateway.certificates.changes import fingerprint_text
from gateway.exceptions import Exceptions
from gateway.operations.instruction import Instruction
from partners.certificates import CertificateRow, CertificateState
from spool.journal import JournalEntry, Step
from spool.states import TransmissionState
from tests.gateway.house import House

from .scene import Scene, scene
from .wire import arrivals_of, content, files_of, message, post


def partners_certificates(house: House, partner: str) -> list[CertificateRow]:
    return [listed.row for listed in house.gateway.custody.all(partner)]


def told(house: House) -> list[str]:
    with house.gateway.database.read() as session:
        entries = session.scalars(
            select(JournalEntry).where(JournalEntry.step == Step.REKEYED).order_by(JournalEntry.id)
        )
        return [entry.outcome for entry in entries]


def offered(made: Scene) -> CertificateRow:
    """The supplier makes its next key and offers it; what the distributor keeps for a decision."""
    supplier = made.supplier.house.gateway
    supplier.custody.rotate(bits=2048, days=365, begins=None, by="tests")
    supplier.announce_certificate("ourcompany")
    made.work()
    [row] = [
        row for row in partners_certificates(made.distributor.house, "acme") if row.state is CertificateState.PENDING
    ]
    return row


def test_what_is_offered_waits_and_brings_no_file(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        row = offered(made)
        assert row.fingerprint == made.supplier.house.gateway.custody.own().fingerprint
        assert made.distributor.house.receipts() == []
        [sent] = made.supplier.house.transmissions("certificates")
        assert sent.state is TransmissionState.SENT
        made.distributor.house.assert_settled()


def test_what_is_offered_waits_where_administrators_look_until_it_is_decided_on(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        row = offered(made)
        gateway = made.distributor.house.gateway
        with gateway.database.read() as session:
            [waiting] = Exceptions(partner="acme").set_aside(session)
        assert (waiting.kind, waiting.id, waiting.what) == ("certificate offered", str(row.id), row.subject)
        assert fingerprint_text(row.fingerprint) in waiting.why
        assert f"`tally cert approve {row.id}`" in waiting.why
        assert f"`tally cert reject {row.id} --reason TEXT`" in waiting.why
        assert gateway.status().undecided == 1
        gateway.custody.approve(row.id, by="tests")
        with gateway.database.read() as session:
            assert Exceptions().set_aside(session) == []
        assert gateway.status().undecided == 0


def test_the_partner_is_told_that_it_was_approved(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        made.distributor.house.gateway.custody.approve(offered(made).id, by="tests")
        made.work()
        assert told(made.supplier.house)[-1] == "ourcompany answers: accepted"


def test_the_partner_is_told_why_it_was_not(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        made.distributor.house.gateway.custody.reject(
            offered(made).id, Instruction("tests", "The fingerprint is another one.")
        )
        made.work()
        assert told(made.supplier.house)[-1] == "ourcompany answers: rejected: The fingerprint is another one."


def test_after_the_switch_both_sides_go_on_without_a_failure(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        made.distributor.house.gateway.custody.approve(offered(made).id, by="tests")
        made.work()
        for _ in range(2):
            for site in (made.distributor, made.supplier):
                site.house.later(days=20)
            made.supplier.house.gateway.announce_certificate("ourcompany")
            made.distributor.house.gateway.announce_certificate("acme")
            made.work()
        sent = [*made.supplier.house.transmissions(), *made.distributor.house.transmissions()]
        assert {row.state for row in sent} == {TransmissionState.SENT}
        assert len(sent) > 4


def test_a_message_that_is_not_signed_offers_nothing(tmp_path: Path) -> None:
    unsigned = "  sign: none\n  must_sign: no\n"
    with scene(tmp_path, unsigned) as made:
        supplier = made.supplier.house.gateway
        supplier.custody.rotate(bits=2048, days=365, begins=None, by="tests")
        supplier.announce_certificate("ourcompany")
        made.work()
        assert len(partners_certificates(made.distributor.house, "acme")) == 1
        [sent] = made.supplier.house.transmissions("certificates")
        assert "unexpected-processing-error" in (sent.reason or "") or sent.state is TransmissionState.READY


DESCRIPTION = (
    '<EDIINTCertificateExchange{kind} requestId="r-1"><TradingPartnerInfo><Name>{sender}</Name></TradingPartnerInfo>{told}'
    "</EDIINTCertificateExchange{kind}>"
)
ACCEPTED = (
    "<TrustResponse><CertStatus>Accepted</CertStatus><CertificateReference><X509IssuerName>CN=X</X509IssuerName>"
    "<X509SerialNumber>5</X509SerialNumber></CertificateReference></TrustResponse>"
)
REFUSED = {
    "a file beside it": (DESCRIPTION.format(kind="Response", sender="ACME", told=ACCEPTED), True, "is no certificate"),
    "a file beside nothing": (DESCRIPTION.format(kind="Request", sender="ACME", told=""), True, "is no certificate"),
    "asks nothing": (DESCRIPTION.format(kind="Request", sender="ACME", told=""), False, "has no TrustRequest"),
    "of another": (DESCRIPTION.format(kind="Response", sender="EVIL", told=ACCEPTED), False, "is of 'EVIL'"),
}


@pytest.mark.parametrize(("xml", "with_file", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_wholly_an_exchange_is_refused_wholly(tmp_path: Path, xml: str, with_file: bool, why: str) -> None:
    """So that nothing in it is lost: the partner is told, and it waits where administrators look."""
    part = f"Content-Type: application/ediint-cert-exchange+xml\r\n\r\n{xml}".encode()
    file = b"--m\r\nContent-Type: application/edi-x12\r\n\r\n" + content() + b"\r\n" if with_file else b""
    body = file + b"--m\r\n" + part + b"\r\n--m--\r\n"
    with scene(tmp_path) as made:
        sent = message(made.supplier, body, content_type="multipart/mixed; boundary=m")
        reply = post(made.distributor.url, sent)
        house = made.distributor.house
        assert reply.disposition == "processed/error: unexpected-processing-error"
        assert why in reply.report.text
        assert (files_of(house), [arrival.outcome for arrival in arrivals_of(house)]) == ([], ["refused"])
        assert told(house)[-1:] == ["imported"]
        with house.gateway.database.read() as session:
            [waiting] = Exceptions(partner="acme").set_aside(session)
        assert (waiting.kind, why in waiting.why) == ("message refused", True)


def test_who_is_not_reached_over_as2_gets_no_offer(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        made.supplier.house.amend("ourcompany", (f"url: {made.distributor.url}", "mdn: signed"))
        with pytest.raises(Misconfigured, match="Mail it"):
            made.supplier.house.gateway.announce_certificate("ourcompany")

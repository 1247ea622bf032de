"""Certificate exchange messages (CEM) on their way: what partners offer and answer, what we offer and answer.

What they mean for the certificates we keep is decided in :mod:`gateway.certificates.exchanging`.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from partners import registry
from partners.certificates import CertificateRow
from partners.registry import AppliedProfile
from spool.clock import Clock
from spool.identifiers import Identifiers

from ..as2.cem import Request, Response, write_request, write_response
from ..as2.cms.keys import Certificate
from ..as2.message import Attachment
from ..certificates import exchanging
from ..outbound import Outbound
from .fresh import FreshNames
from .terms import Agreements

REASON_UNSAID = "It was not accepted."


@dataclass(frozen=True, slots=True)
class CertificateMessages:
    """Takes and makes them; each is sent as everything else is, once and until it arrives."""

    clock: Clock
    identifiers: Identifiers
    outbound: Outbound
    agreements: Agreements
    domain: str

    def take(
        self, session: Session, applied: AppliedProfile, exchange: Request | Response, signed_by: Certificate
    ) -> None:
        """Keep what a partner offers for approval, and answer what can be answered at once; or note what it answers."""
        if isinstance(exchange, Response):
            exchanging.answered(session, self.clock, applied.partner, exchange)
            return
        answers = exchanging.received(session, self.clock, applied.partner, exchange, signed_by=signed_by)
        if answers:
            name = self._our_name(applied)
            self._answer(session, applied, exchanging.response(exchange.request_id, answers, own_name=name))

    def decided(self, session: Session, row: CertificateRow, reason: str) -> None:
        """Tell a partner what became of a certificate that it sent for approval."""
        applied = None if row.partner is None else registry.current(session, PartnerId(row.partner))
        if applied is None or not _has_as2(applied):
            return
        response = exchanging.decision(row, reason or REASON_UNSAID, own_name=self._our_name(applied))
        if response is not None:
            self._answer(session, applied, response)

    def announce(self, session: Session, row: CertificateRow, applied: AppliedProfile) -> None:
        """Offer a certificate of ours to a partner. Raises Misconfigured where there is no way to."""
        url = self.agreements.ourselves.url
        if not _has_as2(applied):
            raise Misconfigured(
                f"{applied.partner} is not sent to over AS2. Mail it the certificate: `tally cert export`."
            )
        if url is None:
            raise Misconfigured("Nothing says where partners answer: set as2_url in tally.toml.")
        request = exchanging.announcement(row, self._new_id(), own_name=self._our_name(applied), response_url=url)
        attachment = write_request(
            request,
            content_ids=[self._new_id() for _ in (None, *request.offers)],
            boundary=self._fresh.boundary(),
            originated=self.clock.now(),
        )
        self._enclose(session, applied, "certificate-request", attachment)

    def _answer(self, session: Session, applied: AppliedProfile, response: Response) -> None:
        attachment = write_response(
            response, content_id=self._new_id(), boundary=self._fresh.boundary(), originated=self.clock.now()
        )
        self._enclose(session, applied, "certificate-response", attachment)

    def _enclose(self, session: Session, applied: AppliedProfile, what: str, attachment: Attachment) -> None:
        entity = f"Content-Type: {attachment.content_type}\r\n\r\n".encode() + attachment.content.read()
        self.outbound.enclose(session, applied.partner, f"{what}-{self.identifiers.new()}.mime", entity)

    def _our_name(self, applied: AppliedProfile) -> str:
        assert applied.profile.as2 is not None
        return self.agreements.our_name(applied.profile.as2)

    @property
    def _fresh(self) -> FreshNames:
        return FreshNames(self.identifiers, self.domain)

    def _new_id(self) -> str:
        return self._fresh.message_id()


def _has_as2(applied: AppliedProfile) -> bool:
    return applied.profile.as2 is not None and applied.profile.as2.url is not None

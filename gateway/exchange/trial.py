"""A test of the way to a partner: a message of no business meaning, sent exactly as every other one, and each step of it in words."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, TallyError
from canonical.identity import PartnerId
from partners import certificates
from partners.as2_terms import As2Terms, Compress, MdnKind
from partners.registry import AppliedProfile

from ..as2.answer import Outcome
from ..as2.cms.keys import Certificate
from ..as2.disposition import read_disposition, without_mode
from ..as2.terms import Terms
from ..certificates.changes import fingerprint_text
from ..senders.http import HttpAnswer, HttpClient, asked_wait, in_words, told, web_page
from ..senders.http import Terms as Posting
from ..senders.http.failures import RefusedForNow, ServerFailed, TlsFailed
from ..senders.port import Form, Parcel
from . import sendings
from .arrivals import Arrival, ArrivalKind
from .exchange import Exchange
from .proofs import Unproven
from .sending import NoMdn
from .sendings import Sending
from .trial_text import FILENAME, written


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way. ``good`` is None for what is neither good nor bad, or not known yet."""

    name: str
    good: bool | None
    told: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a test. ``accepted`` is None where the MDN comes later, or none was asked for."""

    partner: PartnerId
    url: str
    message_id: str | None
    accepted: bool | None
    steps: tuple[Step, ...]


def try_out(exchange: Exchange, applied: AppliedProfile) -> Trial:
    """Send the partner a test message as its profile says, and wait for the MDN that comes on the same connection.

    The message and its MDN are kept like all others; no document stands for it. Raises Misconfigured where the profile says nothing of AS2.
    """
    as2 = applied.profile.as2
    if as2 is None or as2.url is None:
        raise Misconfigured(
            f"The profile of {applied.partner} does not say how to post to it over AS2: give it a section as2 with a url."
        )
    house = exchange.house
    # It stands for the transmission that every other message carries.
    name = house.identifiers.new()
    client = _Watched()
    text = written(exchange.agreements.our_name(as2), house.clock.now())
    failure: TallyError | None = None
    terms: Terms | None = None
    try:
        with house.database.read() as session:
            terms = exchange.agreements.terms(session, applied)
        sender = replace(exchange.sender, client=client)
        house.database.write(sender.send(applied, Parcel(name, FILENAME, io.BytesIO(text), form=Form.FILE)))
    except TallyError as error:
        failure = error
    finally:
        client.close()
    with house.database.read() as session:
        sending = sendings.newest(session, name)
        story = _Story(applied.partner, as2, as2.url, terms, sending, client.answer, _mdn(session, sending), failure)
        steps = tuple(story.told(session, house.clock.now()))
    return Trial(applied.partner, as2.url, None if sending is None else sending.message_id, story.accepted, steps)


class _Watched(HttpClient):
    """Keeps the answer, which the sender only judges."""

    answer: HttpAnswer | None = None

    def post(self, url: str, fields: Sequence[tuple[bytes, bytes]], body: BinaryIO, terms: Posting) -> HttpAnswer:
        self.answer = HttpClient.post(self, url, fields, body, terms)
        return self.answer


def _mdn(session: Session, sending: Sending | None) -> Arrival | None:
    if sending is None:
        return None
    about = select(Arrival).where(Arrival.kind == ArrivalKind.MDN, Arrival.sending == sending.id)
    return session.scalars(about.order_by(Arrival.id.desc()).limit(1)).first()


@dataclass(frozen=True, slots=True)
class _Story:
    """What is known once it is over; each step that was reached, up to the one that failed."""

    partner: PartnerId
    as2: As2Terms
    url: str
    terms: Terms | None
    sending: Sending | None
    answer: HttpAnswer | None
    mdn: Arrival | None
    failure: TallyError | None

    @property
    def accepted(self) -> bool | None:
        if self.failure is not None:
            return False
        return True if self.mdn is not None else None

    def told(self, session: Session, now: datetime) -> Iterator[Step]:
        if self.sending is None or self.terms is None:
            yield Step("message", False, self._why)
            return
        yield from self._protected(self.sending, self.terms, now)
        if self.answer is None:
            yield from self._no_answer()
            return
        yield Step("connection", True, f"{self.answer.address} answered within {self.answer.seconds:.2f} s.")
        yield self._tls()
        if self.mdn is None and self.failure is not None and not isinstance(self.failure, (NoMdn, Unproven)):
            yield Step("http", False, self._not_taken(self.answer, now))
            return
        yield Step("http", True, f"The partner's server answered {self.answer.status}.")
        if self.mdn is None:
            yield self._no_mdn(self.answer)
        elif self.mdn.outcome == Outcome.MALFORMED:
            yield Step("mdn", False, self._no_receipt(self.answer, self.mdn))
        else:
            yield from self._judged(session, self.mdn)

    @property
    def _why(self) -> str:
        return "" if self.failure is None else self.failure.message

    def _protected(self, sending: Sending, terms: Terms, now: datetime) -> Iterator[Step]:
        """What was done to the message."""
        as2 = self.as2
        compressed = "" if as2.compress is Compress.NONE else f", compressed {as2.compress.value.replace('-', ' ')}"
        yield Step("message", True, f"{sending.size} bytes{compressed}.")
        if terms.sending.sign and (key := terms.signing_key(now)) is not None:
            yield Step("signed", True, f"With {as2.sign}, by our {_named(key.certificate)}.")
        if terms.sending.encrypt and (recipient := terms.encryption_certificate(now)) is not None:
            yield Step("encrypted", True, f"With {as2.encrypt}, for {self.partner}'s {_named(recipient)}.")

    def _no_answer(self) -> Iterator[Step]:
        """Where on the way it ended."""
        if isinstance(self.failure, TlsFailed):
            yield Step("connection", True, "The partner's server was reached.")
            yield Step("tls", False, self._why)
        else:
            yield Step("connection", False, self._why)

    def _tls(self) -> Step:
        if not self.url.startswith("https:"):
            return Step("tls", None, "The URL is http: nothing but the message itself is protected.")
        if self.as2.http.server_certificates:
            return Step("tls", True, "The server's certificate is one that as2.http.server_certificates names.")
        return Step("tls", True, "The server's certificate is vouched for by an authority that this machine trusts.")

    def _not_taken(self, answer: HttpAnswer, now: datetime) -> str:
        """The status says no. That a message is tried again is true of others, not of this one."""
        if isinstance(self.failure, RefusedForNow):
            asked = asked_wait(answer, now)
            when = "in a while" if asked is None else f"in {in_words(asked)}, for which it asks to be left alone"
            return (
                f"{told(answer, self.url)}. The partner's server is there but takes nothing now: it is too busy, or being maintained. "
                f"Documents would be tried again by themselves; send another test {when}. If that goes on, ask the partner."
            )
        if isinstance(self.failure, ServerFailed):
            return (
                f"{told(answer, self.url)}. The partner's server, or one before it, failed with the message in hand. Documents would be "
                f"tried again by themselves; ask the partner what its log says of {now:%Y-%m-%d %H:%M} UTC, and send another test."
            )
        return self._why

    def _no_receipt(self, answer: HttpAnswer, mdn: Arrival) -> str:
        """What came with the answer, and is kept, cannot be read as a receipt."""
        page = web_page(answer)
        if page is None:
            return (
                f"What came with the answer, {mdn.size} bytes, is no receipt that can be read: {mdn.why} It is kept as {mdn.id}. Show it "
                f"to the partner (`tally doc raw {mdn.id}`), and ask whether its product has the message."
            )
        return (
            f"What came with the answer is {page}, and no receipt. So it is not the partner's AS2 product that answers there, but a login "
            "page, a proxy, or another address of its server: compare host, port and path of as2.url with the partner. It is kept as "
            f"{mdn.id}."
        )

    def _no_mdn(self, answer: HttpAnswer) -> Step:
        if self.failure is not None:
            return Step("mdn", False, self._why)
        if self.as2.mdn is MdnKind.NONE:
            return Step("mdn", None, "None was asked for (as2.mdn: none), so nothing proves that the message arrived.")
        page = web_page(answer)
        doubt = "" if page is None else f" It answered with {page}: if no MDN comes, compare as2.url with the partner."
        return Step(
            "mdn",
            None,
            f"It comes on a connection of its own, within {self.as2.mdn_within} hours, to the running gateway. Then `tally trail --partner "
            f"{self.partner}` shows it; until then `tally acks --partner {self.partner}` does.{doubt}",
        )

    def _judged(self, session: Session, mdn: Arrival) -> Iterator[Step]:
        outcome = Outcome(mdn.outcome)
        yield Step("mdn", True, f"It came with the answer, {mdn.size} bytes, and is kept as {mdn.id}.")
        yield self._signature(session, mdn, outcome)
        if outcome in _UNBELIEVED:
            return
        if outcome in {Outcome.REFUSED, Outcome.CONTRADICTORY}:
            yield Step("disposition", False, without_mode(self._why))
            return
        yield Step("disposition", True, f"{without_mode(mdn.disposition or 'none')}.")
        yield self._mic(mdn, outcome)

    def _signature(self, session: Session, mdn: Arrival, outcome: Outcome) -> Step:
        if outcome is Outcome.UNSIGNED:
            return Step("signature", False, self._unsigned(mdn))
        if outcome in _UNBELIEVED:
            return Step("signature", False, mdn.why or "")
        if mdn.signed_by is None:
            return Step("signature", None, "The MDN is not signed, as was agreed (as2.mdn: unsigned).")
        row = certificates.known(session, self.partner, mdn.signed_by)
        number = "" if row is None else f", number {row.id} of `tally cert list`: {row.subject}"
        return Step("signature", True, f"By {self.partner}'s certificate {fingerprint_text(mdn.signed_by)}{number}.")

    def _unsigned(self, mdn: Arrival) -> str:
        """Anybody may have written it; what it says is a hint at most."""
        said = read_disposition(mdn.disposition or "")
        advice = "Ask it to sign its receipts. If its product cannot, agree on unsigned ones (as2.mdn: unsigned)."
        if said is not None and not said.accepted:
            advice = (
                "Many products sign nothing for a sender that they do not know: compare the AS2 names, also their case, and ask whether it "
                "has our certificate."
            )
        return (
            f"A signed receipt was asked for, and this one is not signed: nothing shows that the partner wrote it. It says: "
            f"{without_mode(mdn.disposition or 'nothing')}. {advice}"
        )

    def _mic(self, mdn: Arrival, outcome: Outcome) -> Step:
        if outcome.delivered:
            return Step(
                "mic", True, f"{mdn.mic} in the MDN is that of our message: the partner has exactly what was sent."
            )
        return Step("mic", False, mdn.why or "")


_UNBELIEVED = {Outcome.FORGED, Outcome.UNPINNED, Outcome.WRAPPED, Outcome.UNSIGNED}
"""Of such an MDN nothing is believed."""


def _named(certificate: Certificate) -> str:
    return (
        f"certificate {fingerprint_text(certificate.fingerprint)}, made out to {certificate.subject}, valid until "
        f"{certificate.not_after:%Y-%m-%d}"
    )

"""Our MDNs that go on a connection of their own: stored with the message they answer, posted as often as it takes."""

import io
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, NotFound
from canonical.identity import BlobDigest, PartnerId, ReceiptId
from partners import registry
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.database.port import Database
from spool.journal import BlobRole, NamedBlob, Step
from spool.queue.port import Claim, WorkQueue

from ..journaling import Chronicle
from ..senders.http import HttpClient, failure_of
from ..senders.port import Effects
from . import arrivals, telling
from .arrivals import Arrival
from .terms import posting

ANSWER = "mdn"
"""Work item: post an asynchronous MDN."""

_MDN_TO = "mdn:"


def enqueue_mdn(queue: WorkQueue, session: Session, arrival: Arrival, *, again: str | None = None) -> None:
    """Have the stored MDN of a message posted, in the transaction that stores it; ``again`` is the repeated message that asks for it."""
    queue.enqueue(
        session,
        kind=ANSWER,
        lane=f"{_MDN_TO}{arrival.id}",
        payload={"arrival": arrival.id},
        partner=arrival.partner,
        endpoint=f"{_MDN_TO}{arrival.partner}",
        unique_key=f"{ANSWER}:{again or arrival.id}",
    )


@dataclass(frozen=True, slots=True)
class Mdns:
    """Posts them."""

    database: Database
    blobs: BlobStore
    clock: Clock
    client: HttpClient

    def post(self, claim: Claim) -> Effects:
        """Work item ``mdn``: post the stored bytes to the URL that the message named, if the profile still allows it."""
        arrival_id = claim.payload["arrival"]
        with self.database.read() as session:
            arrival = arrivals.get(session, arrival_id)
            if arrival is None or arrival.mdn_url is None or arrival.mdn_sha256 is None:
                raise NotFound(f"The MDN for message {arrival_id} is to be posted but is not in the database.")
            applied = registry.current(session, PartnerId(arrival.partner or ""))
            body = self.blobs.read(session, BlobDigest(arrival.mdn_sha256))
            session.expunge(arrival)
        if applied is None or applied.profile.as2 is None:
            raise Misconfigured(
                f"The profile of {arrival.partner} has no section as2 any more, so no MDN can be posted."
            )
        fields = [(name.encode(), value.encode()) for name, value in arrivals.read(arrival.mdn_headers or ()).pairs]
        url = arrival.mdn_url
        as2 = applied.profile.as2
        answer = self.client.post(url, fields, io.BytesIO(body), posting(as2, elsewhere=True))
        failure = failure_of(answer, url, now=self.clock.now(), longest_wait=as2.http.longest_wait)
        if failure is not None:
            raise failure
        return partial(self._posted, arrival)

    def _posted(self, arrival: Arrival, session: Session) -> None:
        kept = session.get_one(Arrival, arrival.id)
        kept.mdn_sent_at = moment_of(session, self.clock)
        mdn = BlobDigest(arrival.mdn_sha256 or "")
        told = Chronicle(self.clock)
        for receipt in arrivals.receipts_of(session, arrival.id) or (None,):
            told.of_message(
                Step.ANSWERED,
                PartnerId(arrival.partner or ""),
                receipt=None if receipt is None else ReceiptId(receipt),
                outcome=arrival.disposition or "",
                detail={
                    "mic": arrival.mic,
                    "url": arrival.mdn_url,
                    "signed_by": arrival.mdn_signed_by,
                    telling.ROWS: [telling.changed(kept, "mdn_sent_at")],
                },
                blobs=[NamedBlob(BlobRole.ANSWER, mdn, self.blobs.size(session, mdn))],
            )
        told.write(session)

    def dead(self, session: Session, claim: Claim, reason: str) -> None:
        """An MDN was given up: the partner waits for it, so the trail of what it answers must say so."""
        arrival = arrivals.get(session, claim.payload["arrival"])
        if arrival is None:
            return
        told = Chronicle(self.clock)
        for receipt in arrivals.receipts_of(session, arrival.id) or (None,):
            told.of_message(
                Step.DEAD,
                PartnerId(arrival.partner or ""),
                receipt=None if receipt is None else ReceiptId(receipt),
                outcome=reason,
                detail={"mdn": arrival.disposition, "url": arrival.mdn_url, "arrival": arrival.id},
            )
        told.write(session)

"""AS2 put together: who receives, who sends, who judges what comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from canonical.errors import Misconfigured
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.port import Database
from spool.identifiers import Identifiers
from spool.queue.port import WorkQueue
from spool.worker import Handler

from ..as2.terms import Limits
from ..inbound import Inbound
from ..listeners.http.basic import BasicPasswords
from ..listeners.passwords import Passwords
from ..outbound import Outbound
from ..senders.http import ClientCertificate, HttpClient
from ..settings import Settings
from .certificates import CertificateMessages
from .keyring import Keyring
from .mdns import ANSWER, Mdns
from .post_book import PostBook
from .proofs import Proofs
from .receiving import As2Receiver
from .refusals import RefusalCounter
from .sending import As2Sender
from .terms import Agreements, Ourselves

PASSWORD_WORKERS = 2
PASSWORD_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class House:
    """What AS2 needs of the house around it. ``staging`` is a folder for what is worked on, ``remark`` what our signed MDNs end with."""

    database: Database
    blobs: BlobStore
    queue: WorkQueue
    clock: Clock
    identifiers: Identifiers
    keyring: Keyring
    staging: Path
    remark: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Built before the outbound path, which sends through it; what receives is built with the inbound path."""

    house: House
    settings: Settings
    agreements: Agreements
    proofs: Proofs
    sender: As2Sender
    mdns: Mdns
    client: HttpClient

    @classmethod
    def of(cls, house: House, settings: Settings) -> "Exchange":
        agreements = Agreements(
            Ourselves(settings.as2_id, settings.as2_url, _shown(settings)),
            house.keyring,
            Limits(decompressed_bytes=settings.max_file_bytes),
        )
        refusals = RefusalCounter(house.database, house.clock, house.identifiers)
        proofs = Proofs(house.database, house.blobs, house.queue, house.clock, house.identifiers, refusals)
        client = HttpClient()
        sender = As2Sender(
            house.database,
            house.blobs,
            house.clock,
            house.identifiers,
            agreements,
            proofs,
            client,
            house.staging,
            _domain(settings),
        )
        return cls(
            house, settings, agreements, proofs, sender, Mdns(house.database, house.blobs, house.clock, client), client
        )

    def certificates(self, outbound: Outbound) -> CertificateMessages:
        """What takes and makes certificate exchange messages."""
        house = self.house
        return CertificateMessages(house.clock, house.identifiers, outbound, self.agreements, _domain(self.settings))

    def receiver(self, inbound: Inbound) -> As2Receiver:
        """What takes posts; it knows whom the profiles name."""
        house = self.house
        receiver = As2Receiver(
            house.database,
            house.blobs,
            house.queue,
            house.clock,
            house.identifiers,
            inbound,
            self.agreements,
            self.proofs,
            self.certificates(inbound.outbound),
            BasicPasswords(Passwords(PASSWORD_WORKERS, PASSWORD_SECONDS)),
            house.staging,
            _domain(self.settings),
            self.proofs.refusals,
            PostBook(house.blobs, house.queue, house.clock, house.identifiers),
            house.remark,
        )
        receiver.look_who_is_known()
        return receiver

    def close(self) -> None:
        """Let go of the connections kept for the next message."""
        self.client.close()

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {ANSWER: self.mdns.post}


def _shown(settings: Settings) -> ClientCertificate | None:
    certificate, key = settings.http_client_certificate, settings.http_client_key
    if (certificate is None) != (key is None):
        raise Misconfigured("http_client_certificate and http_client_key go together: give both, or neither.")
    return None if certificate is None or key is None else ClientCertificate(certificate, key)


def _domain(settings: Settings) -> str:
    """What stands behind the @ of our Message-IDs: nobody else's."""
    host = urlsplit(settings.as2_url).hostname if settings.as2_url else None
    return host or settings.node_name

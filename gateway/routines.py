"""What is done again and again while the gateway runs, and how often."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from canonical.errors import TallyError
from spool.blob_parts import BlobParts
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.port import Database
from spool.queue.port import WorkQueue

from .acks.matching import Answers
from .certificates.expiry import ExpiryWatch
from .erp.delivery import Delivery
from .erp.folder import FolderAdapter
from .exchange.exchange import Exchange
from .home import Home
from .ledger.anchoring import Anchoring
from .ledger.ledger import Ledger
from .ledger.timestamping import Timestamping
from .operations.retention import Retention
from .periodic import Periodic, by_one_node
from .senders.sftp_outbox import clear_leftovers
from .settings import Settings
from .upkeep import Upkeep

UPKEEP_SECONDS = 5.0
"""How often clocks, and deadlines of held work, are looked after."""

OVERDUE_SECONDS = 30.0
"""How often answers that should have come are looked for."""

ABANDONED_SECONDS = 3600.0
"""How often payloads are looked for whose node died before it could commit them."""

UPLOAD_TAKES = timedelta(days=1)
"""How long after its beginning an upload may still be committed."""

HALF_WRITTEN = timedelta(hours=1)
"""How old a half-written file in a folder that nodes share must be for its writer to be dead."""

LEFTOVERS_SECONDS = 3600.0
"""How often such files are looked for."""

CERTIFICATES_SECONDS = 3600.0
"""How often certificates are looked for that expire soon."""

LEDGER_SECONDS = 2.0
"""How often the ledger takes in what happened."""

CHECKPOINT_SECONDS = 86_400.0
"""How often it is signed how far the ledger is, at least."""

ANCHOR_SECONDS = 3600.0
"""How often that is laid down which could not be when it was due."""

TIMESTAMP_SECONDS = 3600.0
"""How often time stamps are looked after that are due."""

RETENTION_SECONDS = 3600.0
"""How often what need not be kept any longer is removed."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Routines:
    """The routines of one node."""

    home: Home
    settings: Settings
    database: Database
    blobs: BlobStore
    queue: WorkQueue
    clock: Clock
    adapter: FolderAdapter
    delivery: Delivery
    answers: Answers
    exchange: Exchange
    retention: Retention
    ledger: Ledger
    timestamping: Timestamping

    def all(self) -> Sequence[Periodic]:
        """What there is to do on this node, not started."""
        periodic = [
            self._by_one_node("erp-orders", self.settings.erp_poll_seconds, self.delivery.pull),
            self._by_one_node("erp-outcomes", self.settings.erp_poll_seconds, self.delivery.collect),
            self._by_one_node("overdue", OVERDUE_SECONDS, lambda: self.database.write(self.answers.overdue)),
            self._by_one_node(
                "overdue-mdns", OVERDUE_SECONDS, lambda: self.database.write(self.exchange.proofs.overdue)
            ),
            self._by_one_node("retention", RETENTION_SECONDS, self.retention.prune),
            self._by_one_node("payload-files", RETENTION_SECONDS, self.retention.sweep),
            self._by_one_node("ledger", LEDGER_SECONDS, self.ledger.drain),
            self._by_one_node("checkpoint", CHECKPOINT_SECONDS, self.anchoring.seal),
            self._by_one_node("anchor", ANCHOR_SECONDS, self.anchoring.catch_up),
            self._by_one_node("time-stamps", TIMESTAMP_SECONDS, self.timestamping.keep_up),
            self._by_one_node("certificates", CERTIFICATES_SECONDS, ExpiryWatch(self.database, self.clock)),
            Periodic("upkeep", UPKEEP_SECONDS, Upkeep(self.database, self.queue, self.clock)),
        ]
        if isinstance(self.blobs, BlobParts):
            forget = partial(self._forget_uploads, self.blobs)
            periodic.append(self._by_one_node("abandoned-uploads", ABANDONED_SECONDS, forget))
        if self.database.shared:
            periodic.append(self._by_one_node("leftovers", LEFTOVERS_SECONDS, self._clear_up_after_others))
        return periodic

    def clear_up(self, before: datetime | None = None) -> None:
        """Remove what a crash left half written where partners and the ERP collect."""
        self.adapter.clear_leftovers(before=before)
        for outbox in (*self.home.sftp.glob("*/outbox"), *self.home.drop.glob("*/outbox")):
            clear_leftovers(outbox, before=before)

    @property
    def anchoring(self) -> Anchoring:
        """Signs how far the ledger is, and lays that down where the settings say."""
        folder = self.settings.anchor_folder
        return Anchoring(self.database, self.clock, self.ledger, None if folder is None else self.home.root / folder)

    def seal_at_the_end(self) -> None:
        """Have the ledger take in what happened up to now, and sign that, so that nothing waits in it while nobody serves.

        Whatever keeps it from that, it keeps nobody from stopping a node.
        """
        try:
            self.ledger.checkpoint()
        except (TallyError, OSError) as error:
            _log.warning("ledger.not_sealed_at_the_end", error=str(error))

    def _clear_up_after_others(self) -> None:
        self.clear_up(self.clock.now() - HALF_WRITTEN)

    def _forget_uploads(self, blobs: BlobParts) -> None:
        before = self.clock.now() - UPLOAD_TAKES
        self.database.write(lambda session: blobs.forget_abandoned(session, before))

    def _by_one_node(self, name: str, seconds: float, action: Callable[[], object]) -> Periodic:
        """What is done once at a time, and once each time, however many nodes share the database."""

        def alone() -> None:
            with self.database.alone(name) as mine:
                if mine:
                    action()

        once = by_one_node(self.database, self.clock, name, seconds, alone) if self.database.shared else alone
        return Periodic(name, seconds, once)

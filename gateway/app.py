"""The composition root: the only file that knows everyone. Listeners, the command line and the demo are given what they need."""

import getpass
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType

from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.documents import AnyDocument
from canonical.errors import Misconfigured, NotFound
from canonical.identity import BlobDigest, DocumentId, PartnerId
from canonical.order import PurchaseOrder
from partners import certificates, loading, registry
from partners.certificates import CertificateRow
from partners.loading import LoadedProfile
from partners.profile import Profile
from partners.registry import AppliedProfile, Change
from spool import documents, transmissions
from spool.blob_files import BlobFiles
from spool.blob_parts import BlobParts
from spool.blobs import BlobStore
from spool.clock import Clock, DatabaseClock, WatchedClock
from spool.database.moment import moment_of
from spool.database.opening import open_database
from spool.database.port import Database
from spool.database.sqlite import sqlite_url
from spool.documents import DocumentRow
from spool.identifiers import Identifiers, TimeOrderedIdentifiers
from spool.migrate import upgrade
from spool.queue.embedded import InProcessWaker
from spool.queue.lanes import LaneQueue
from spool.queue.port import Claim, WorkQueue
from spool.receipts import Receipt
from spool.states import ReceiptState
from spool.worker import Handler, Workers

from . import inbound, outbound, sharing
from .acks.matching import REPORT, Answers
from .agreed_limits import AgreedLimits
from .audit.desk import Desk
from .brief_work import is_brief
from .certificates.custody import Custody
from .certificates.vault import Vault
from .envelopes import Envelopes
from .erp.delivery import Delivery, keys_given
from .erp.folder import FolderAdapter
from .exchange import carriage, mdns
from .exchange.arrivals import Arrival
from .exchange.carriage import Facts
from .exchange.exchange import Exchange, House
from .exchange.keyring import Keyring
from .exchange.sendings import Sending
from .exchange.trial import Trial, try_out
from .front import Front
from .guide import Guide
from .home import Home
from .inbound import Inbound
from .ledger.authority import authority
from .ledger.last_checkpoint import LastCheckpoint
from .ledger.ledger import Ledger
from .ledger.scanning import Anchor, Scanned
from .ledger.signer_state import STATE_NAME
from .ledger.timestamping import Timestamping
from .listeners.sftp.host_key import load_host_key
from .operations import status
from .operations.administration import Administration
from .operations.cancelling import Cancelling
from .operations.erasing import Erasing
from .operations.replaying import Replaying
from .operations.retention import Retention
from .operations.retrying import Retrying
from .operations.status import StatusReport
from .operations.superseding import Superseding
from .operations.work import Work
from .orders import book
from .outbound import Outbound
from .pacing import PacedIntake
from .periodic import together
from .profile_sections import PROFILE_SECTIONS
from .reception import Reception
from .record import agreed, running
from .retention.rules import Rules
from .routines import Routines
from .senders.by_profile import SendersByProfile
from .settings import Role, Settings, load
from .upkeep import catch_up_with_the_clock
from .users.users import Users


@dataclass(frozen=True, slots=True)
class Service:
    """A gateway that is running. The ports are those that were really bound; None where nobody listens."""

    host: str
    sftp_port: int | None
    http_port: int | None
    role: Role = Role.ALL


class Gateway:
    """Everything of one home, put together."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        database: Database,
        *,
        clock: Clock,
        identifiers: Identifiers | None = None,
    ) -> None:
        self.home = home
        self.settings = settings
        self.database = database
        clock = clock if isinstance(clock, DatabaseClock) else WatchedClock(clock)
        self.clock = clock
        ids = identifiers or TimeOrderedIdentifiers(clock)
        self.blobs: BlobStore = BlobParts(database, clock) if database.shared else BlobFiles(home.blobs, clock)
        self._waker = InProcessWaker()
        waker = sharing.job_waker() if database.shared else self._waker
        self.queue: WorkQueue = LaneQueue(clock, ids, waker, limits=AgreedLimits(settings, clock))
        self._put_together_trade(ids)
        self._put_together_record()
        self._put_together_service()

    def _put_together_trade(self, ids: Identifiers) -> None:
        """What takes documents in, sends them out, and is told by hand what to do with them."""
        home, settings, database, clock = self.home, self.settings, self.database, self.clock
        self.adapter = FolderAdapter(home.erp, clock, given=partial(keys_given, database))
        envelopes = Envelopes()
        self.vault = Vault(home.keys, settings.key_passphrase_file and home.root / settings.key_passphrase_file)
        remark = LastCheckpoint(home.keys / STATE_NAME) if settings.mdn_checkpoints else str
        house = House(database, self.blobs, self.queue, clock, ids, Keyring(clock, self.vault), home.staging, remark)
        self.exchange = Exchange.of(house, settings)
        senders = SendersByProfile(home, self.exchange.sender)
        self.outbound = Outbound(database, self.blobs, self.queue, clock, ids, envelopes, senders)
        self.answers = Answers(clock, self.queue)
        work = Work(self.queue)
        superseding = Superseding(work)
        self.inbound = Inbound(database, self.blobs, self.queue, clock, ids, self.outbound, self.answers, superseding)
        self.delivery = Delivery(database, self.blobs, clock, self.adapter, self.outbound, envelopes.may_send_document)
        self.administration = Administration(
            database,
            clock,
            self.queue,
            work,
            Retrying(clock, work, self.outbound),
            Replaying(self.blobs, self.queue, clock, ids, work, superseding),
            Cancelling(clock, self.queue, work, self.outbound),
            self.delivery.given,
        )
        self.certificate_messages = self.exchange.certificates(self.outbound)
        self.custody = Custody(database, clock, self.vault, self.certificate_messages.decided)

    def _put_together_record(self) -> None:
        """What keeps the record of it, proves it, shows it, and removes what need not be kept."""
        home, settings, database, clock = self.home, self.settings, self.database, self.clock
        self.ledger = Ledger(
            database,
            self.blobs,
            clock,
            home.keys,
            self.vault,
            settings.node_name,
            settings.ledger_origin,
            settings.ledger_key,
        )
        stamping = authority(
            settings.timestamp_url,
            settings.timestamp_roots,
            settings.timestamp_policy,
            home.root,
            self.exchange.client,
        )
        self.timestamping = Timestamping(database, clock, self.ledger, stamping)
        self.desk = Desk(database, self.blobs, clock, self.ledger, self.timestamping)
        self.users = Users(database, clock)
        self.rules = Rules(settings.country, settings.fiscal_year_ends, settings.keep_years)
        self.retention = Retention(
            home,
            database,
            clock,
            self.ledger,
            None if settings.keep_days is None else timedelta(days=settings.keep_days),
            timedelta(days=settings.keep_work_days),
            self.adapter.forget,
            self.rules,
        )
        self.erasing = Erasing(home, database, clock, self.ledger, self.rules, self.adapter.forget)

    def _put_together_service(self) -> None:
        """What runs while it serves."""
        home, settings, database, clock = self.home, self.settings, self.database, self.clock
        front = Front(database, clock, timedelta(days=settings.inbox_listing_days))
        self.paced = PacedIntake(self.inbound, database, self.queue)
        self.reception = Reception(
            home,
            settings,
            database,
            self.blobs,
            clock,
            front,
            self.inbound,
            self.paced,
            self.exchange,
            self.desk,
            self.users,
        )
        self.routines = Routines(
            home,
            settings,
            database,
            self.blobs,
            self.queue,
            clock,
            self.adapter,
            self.delivery,
            self.answers,
            self.exchange,
            self.retention,
            self.ledger,
            self.timestamping,
        )

    @classmethod
    def create(cls, root: Path, *, clock: Clock | None = None) -> "Gateway":
        """Make the home, its database and the ERP's folders, or bring what there is up to date, and open it."""
        home = Home(root)
        gateway = cls._opened(home, clock)
        try:
            home.create_erp()
            gateway.adapter.prepare()
        except BaseException:
            gateway.close()
            raise
        return gateway

    @classmethod
    def open(cls, root: Path, *, clock: Clock | None = None) -> "Gateway":
        """Open a home that was made before; raises Misconfigured where there is none, or no database.

        The ERP's folder is left alone where there is one: what is missing in it may be on a share that is not mounted, and what would be
        made in its stead is where no ERP looks.
        """
        home = Home(root)
        home.require()
        if load(root).database_url is None:
            home.require_database()
        return cls._opened(home, clock) if home.has_erp else cls.create(root, clock=clock)

    @classmethod
    def _opened(cls, home: Home, clock: Clock | None) -> "Gateway":
        home.create()
        settings = load(home.root)
        database = open_database(settings.database_url or sqlite_url(home.database))
        try:
            if not database.shared:
                home.require_not_moved()
            upgrade(database)
            if database.shared:
                sharing.prepare_jobs(database)
            gateway = cls(home, settings, database, clock=clock or sharing.clock_of(database))
            load_host_key(home.keys)
        except BaseException:
            database.close()
            raise
        return gateway

    def __enter__(self) -> "Gateway":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.exchange.close()
        self.database.close()

    # Running

    def handlers(self) -> dict[str, Handler]:
        """Each kind of work and who does it."""
        return {
            inbound.OPEN: self.inbound.open,
            inbound.DELIVER: self.delivery.deliver,
            outbound.BUILD: self.outbound.build,
            outbound.TRANSMIT: self.outbound.transmit,
            REPORT: self.delivery.report,
            **self.exchange.handlers,
        }

    @contextmanager
    def working(self) -> Iterator[None]:
        """Work until the block ends."""
        with ExitStack() as stack:
            if self.database.shared:
                # Leases and jobs say who works on what; to release anything here would take it from another node.
                workers = self.workers(threads=0)
                stack.enter_context(
                    sharing.job_runner(self.database, self.queue, self.clock, workers, self.settings.workers)
                )
            else:
                self.database.write(lambda session: catch_up_with_the_clock(session, self.queue, self.clock))
                self.database.write(self.queue.release_all)
                workers = self.workers(threads=self.settings.workers)
                self._waker.subscribe(workers.wake)
            stack.enter_context(together(self.routines.all()))
            workers.start()
            # Before the routines end: what is worked on meanwhile would give them ever more to do.
            stack.callback(workers.stop)
            yield

    def workers(self, threads: int, handlers: Mapping[str, Handler] | None = None) -> Workers:
        """Workers of this process, not started; with no threads they work when they are told to."""
        return Workers(
            self.database,
            self.queue,
            handlers or self.handlers(),
            on_dead=self._dead,
            threads=threads,
            node=self.settings.node_name,
            # What one node took at once, the others could not work on meanwhile.
            brief=None if self.database.shared else is_brief,
        )

    def _dead(self, session: Session, claim: Claim, reason: str) -> None:
        """What is given up is visible where people look for it."""
        buried: dict[str, Callable[[Session, Claim, str], None]] = {
            inbound.OPEN: self.inbound.dead,
            inbound.DELIVER: self.delivery.dead,
            outbound.BUILD: self.outbound.dead,
            outbound.TRANSMIT: self.outbound.dead,
            mdns.ANSWER: self.exchange.mdns.dead,
        }
        if claim.kind in buried:
            buried[claim.kind](session, claim, reason)

    @contextmanager
    def serving(
        self, *, role: Role | None = None, sftp_port: int | None = None, http_port: int | None = None
    ) -> Iterator[Service]:
        """Listen and work, or one of both, until the block ends; then finish what is under way."""
        role = role or self.settings.role
        with ExitStack() as stack:
            if not self.database.shared:
                sharing.require_all(role)
                stack.enter_context(self.home.served_by_us())
                self.routines.clear_up()
            if role.works:
                stack.callback(self.routines.seal_at_the_end)
            stack.enter_context(running(self.database, self.clock, self.settings.node_name, role))
            self.custody.require_opening()
            if role.works:
                stack.enter_context(self.working())
            ports = stack.enter_context(self.reception.open(sftp_port, http_port)) if role.listens else None
            sftp, http = (None, None) if ports is None else (ports.sftp, ports.http)
            yield Service(self.settings.host, sftp, http, role)

    # Partners

    def load_profiles(self) -> loading.LoadedDirectory:
        """Read all profiles of the home, with everything that is wrong with them."""
        return loading.load_directory(self.home.partners, PROFILE_SECTIONS)

    def plan(self, profiles: Sequence[LoadedProfile]) -> tuple[Change, ...]:
        with self.database.read() as session:
            return registry.plan(session, profiles)

    def apply(self, profiles: Sequence[LoadedProfile]) -> tuple[Change, ...]:
        """Put profiles in force; what that changed."""
        by = getpass.getuser()

        def put_in_force(session: Session) -> tuple[Change, ...]:
            changes = registry.apply(session, profiles, at=moment_of(session, self.clock), by=by)
            agreed(session, self.clock, changes, profiles, by)
            return changes

        return self.database.write(put_in_force)

    def partners(self) -> Sequence[AppliedProfile]:
        """All profiles in force."""
        with self.database.read() as session:
            return registry.all(session)

    def partner(self, partner: str, version: int | None = None) -> AppliedProfile:
        """The profile in force, or an earlier version. Raises NotFound."""
        with self.database.read() as session:
            if version is None:
                applied = registry.current(session, PartnerId(partner))
            else:
                applied = registry.version(session, PartnerId(partner), version)
        if applied is None:
            which = "" if version is None else f" in version {version}"
            raise NotFound(f"There is no partner {partner}{which}. `tally partner list` shows those in force.")
        return applied

    def guide(self, partner: str) -> Guide:
        """What the page for a partner over AS2 is made of: its profile in force or, before that, its file.

        Raises NotFound, and Misconfigured where nothing says who or where we are.
        """
        profile = self._profile(partner)
        if profile.as2 is None:
            raise Misconfigured(f"The profile of {partner} has no section as2, and the guide is about AS2.")
        if self.settings.as2_url is None:
            raise Misconfigured("Nothing says at which URL partners reach us: set as2_url in tally.toml.")
        with self.database.read() as session:
            theirs = certificates.in_force(session, PartnerId(partner))
        our_name = self.exchange.agreements.our_name(profile.as2)
        return Guide(profile, profile.as2, our_name, self.settings.as2_url, self.custody.own(), tuple(theirs))

    def _profile(self, partner: str) -> Profile:
        with self.database.read() as session:
            applied = registry.current(session, PartnerId(partner))
        if applied is not None:
            return applied.profile
        loaded = self.load_profiles()
        found = next((each.profile for each in loaded.profiles if each.profile.partner == partner), None)
        if found is None:
            raise NotFound(
                f"There is no partner {partner} in force, and no good profile of it in {self.home.partners}. `tally partner plan` says "
                "what is wrong."
            )
        return found

    # The record

    def verify_ledger(self, anchors: Sequence[Anchor] = ()) -> Scanned:
        """Check the whole ledger, also against ``anchors`` and against each checkpoint that was stamped with the time."""
        looked = self.timestamping.look()
        found = self.ledger.verify((*anchors, *looked.anchors))
        found = replace(found, stamped_by_others=tuple(looked.by_others), stamped_by_nobody=tuple(looked.by_nobody))
        return replace(found, wrong=looked.wrong) if found.holds and looked.wrong is not None else found

    # Sending by hand

    def send(self, partner: str, sent: Sequence[AnyDocument]) -> list[DocumentId]:
        """Submit documents for sending, all or none."""
        applied = self.partner(partner)

        def submit(session: Session) -> list[DocumentId]:
            for document in sent:
                problem = self.outbound.envelopes.may_send_document(session, applied.partner, document)
                if problem is not None:
                    raise Misconfigured(problem)
            return [self.outbound.submit(session, document, applied.partner) for document in sent]

        return self.database.write(submit)

    def announce_certificate(self, partner: str) -> CertificateRow:
        """Offer our newest certificate to a partner by a certificate exchange message."""
        applied = self.partner(partner)
        row = self.custody.own()
        self.database.write(lambda session: self.certificate_messages.announce(session, row, applied))
        return row

    def try_out(self, partner: str) -> Trial:
        """Send a partner a test message over AS2, and say what came of it."""
        return try_out(self.exchange, self.partner(partner))

    # Looking

    def status(self) -> StatusReport:
        with self.database.read() as session:
            return status.report(session, self.queue, self.clock.now())

    def documents(
        self, session: Session, *, partner: str | None, state: str | None, type_: str | None, limit: int
    ) -> Sequence[DocumentRow]:
        """Documents, newest first."""
        statement = select(DocumentRow).order_by(DocumentRow.created_at.desc(), DocumentRow.id.desc()).limit(limit)
        for column, value in ((DocumentRow.partner, partner), (DocumentRow.state, state), (DocumentRow.type, type_)):
            if value is not None:
                statement = statement.where(column == value)
        return session.scalars(statement).all()

    def unopened(self, session: Session, *, partner: str | None, state: str | None, limit: int) -> Sequence[Receipt]:
        """Files that no document stands for: pending, duplicate, quarantined, rejected or dead."""
        statement = select(Receipt).where(Receipt.state != ReceiptState.OPENED).order_by(Receipt.id.desc()).limit(limit)
        for column, value in ((Receipt.partner, partner), (Receipt.state, state)):
            if value is not None:
                statement = statement.where(column == value)
        return session.scalars(statement).all()

    def placed_order(self, partner: str, number: str) -> PurchaseOrder | None:
        """The order of this number as it was placed with the partner."""
        with self.database.read() as session:
            return book.placed(session, self.blobs, number, partner)

    def document(self, session: Session, document_id: DocumentId) -> tuple[DocumentRow, str | None]:
        """A document's row and its canonical JSON, if it has any."""
        row = documents.get(session, document_id)
        if row is None:
            raise NotFound(f"There is no document {document_id}. `tally doc list` shows the documents there are.")
        if row.canonical_sha256 is None:
            return row, None
        return row, self.blobs.read(session, BlobDigest(row.canonical_sha256)).decode("utf-8")

    def carriage(self, session: Session, row: DocumentRow) -> Facts | None:
        """What AS2 says of a document that came or went over it."""
        return carriage.of_document(session, row)

    def message(self, session: Session, message_id: str) -> Facts | None:
        """A message over AS2 or an MDN, by our id of it; None where there is none."""
        return carriage.of_message(session, message_id)

    def raw(self, session: Session, identifier: str) -> Iterator[bytes]:
        """The bytes behind a document, a receipt or a transmission; the body of a message over AS2 or of an MDN."""
        row = documents.get(session, DocumentId(identifier))
        receipt, sent = session.get(Receipt, identifier), transmissions.get(session, identifier)
        message = session.get(Arrival, identifier) or session.get(Sending, identifier)
        digests = [row.source_sha256] if row else [found.sha256 for found in (receipt, sent, message) if found]
        digest = next(iter(digests), None)
        if digest is None:
            raise NotFound(
                f"No document, file, transmission or message {identifier} has bytes here. `tally doc list` and `tally exceptions` show "
                "what there is."
            )
        return self.blobs.chunks(session, BlobDigest(digest))

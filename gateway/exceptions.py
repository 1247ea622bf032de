"""What waits for somebody: messages refused at the door, receipts, certificates, files and documents that got stuck."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography.x509 import load_pem_x509_certificate
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from partners.certificates import CertificateRow, CertificateState
from spool.documents import DocumentRow
from spool.queue.tables import WorkItem
from spool.receipts import Receipt
from spool.states import DocumentState, MessageState, ReceiptState, TransmissionState
from spool.tables import Base
from spool.transmissions import Transmission

from .certificates import same_key
from .certificates.changes import fingerprint_text
from .certificates.usage import doubts
from .exchange.arrivals import REFUSED, Arrival, ArrivalKind
from .exchange.mdns import ANSWER
from .exchange.refusals import RefusalKind, Refusals
from .exchange.sendings import Sending
from .ledger.anchoring import unanchored
from .ledger.timestamping import standing
from .operations.work import DEAD
from .outbound import WITHOUT_DOCUMENT
from .unended import unended

ROW = TypeVar("ROW", bound=Base)

SHOWN = 80
"""Characters of a name that somebody else chose."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """One of them. ``partner`` is None for a stranger; ``id`` is what `tally doc show` and `tally doc raw` take, of a certificate its
    number."""

    at: datetime
    kind: str
    id: str
    partner: str | None
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Those of one partner or of all, since a moment or ever; at most ``limit``, the newest."""

    partner: str | None = None
    since: datetime | None = None
    limit: int = 50

    def set_aside(self, session: Session) -> Sequence[SetAside]:
        """The newest first. A message that was refused stays in the list: another attempt at it is another message."""
        found = [
            *self._refused(session),
            *self._counted(session),
            *self._unproven(session),
            *self._unposted(session),
            *self._undecided(session),
            *self._unstamped(session),
            *self._unanchored(session),
            *self._files(session),
            *self._documents(session),
            *self._unsent(session),
            *self._unended(session),
        ]
        return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[: self.limit]

    def _refused(self, session: Session) -> list[SetAside]:
        refused = (Arrival.kind == ArrivalKind.MESSAGE, Arrival.outcome == REFUSED)
        return [
            SetAside(row.at, "message refused", row.id, row.partner, _parties(row), row.why or "")
            for row in self._rows(session, Arrival, Arrival.at, *refused)
        ]

    def _counted(self, session: Session) -> list[SetAside]:
        """What was turned away and left no more than its count."""
        return [
            SetAside(row.last_at, _TURNED_AWAY[row.kind], row.id, row.partner or None, _how_many(row), _how(row))
            for row in self._rows(session, Refusals, Refusals.last_at)
        ]

    def _unproven(self, session: Session) -> list[SetAside]:
        unproven = Sending.state == MessageState.UNPROVEN
        return [
            SetAside(row.built_at, "receipt unproven", row.id, row.partner, row.message_id, row.reason or "")
            for row in self._rows(session, Sending, Sending.built_at, unproven)
        ]

    def _unposted(self, session: Session) -> list[SetAside]:
        """Our own MDNs that were given up: their partners wait for them."""
        given_up = (
            select(WorkItem, Arrival)
            .join(Arrival, Arrival.id == WorkItem.payload["arrival"].as_string())
            .where(DEAD, WorkItem.kind == ANSWER)
            .order_by(WorkItem.id.desc())
            .limit(self.limit)
        )
        if self.partner is not None:
            given_up = given_up.where(Arrival.partner == self.partner)
        if self.since is not None:
            given_up = given_up.where(WorkItem.ended_at >= self.since)
        return [
            SetAside(
                item.ended_at or item.created_at,
                "MDN not posted",
                row.id,
                row.partner,
                _parties(row),
                f"{item.reason or ''} Once that is mended: `tally dead replay {item.id} --reason TEXT`.".lstrip(),
            )
            for item, row in session.execute(given_up)
        ]

    def _undecided(self, session: Session) -> list[SetAside]:
        """Certificates that partners sent for approval."""
        pending = CertificateRow.state == CertificateState.PENDING
        return [
            SetAside(
                row.added_at, "certificate offered", str(row.id), row.partner, row.subject, _decision(session, row)
            )
            for row in self._rows(session, CertificateRow, CertificateRow.added_at, pending)
        ]

    def _unstamped(self, session: Session) -> list[SetAside]:
        """Checkpoints of the ledger that the authority did not stamp with the time; these are of no partner."""
        return [
            SetAside(
                row.tried_at,
                "time stamp missing",
                str(row.size),
                None,
                f"checkpoint of {row.size} entries",
                row.why or "",
            )
            for row in standing(session).failing
            if self.partner is None and (self.since is None or row.tried_at >= self.since)
        ]

    def _unanchored(self, session: Session) -> list[SetAside]:
        """The ledger's checkpoint of the day, where it could not be laid down elsewhere; it is of no partner."""
        missing = unanchored(session)
        if missing is None or self.partner is not None or (self.since is not None and missing.tried_at < self.since):
            return []
        return [
            SetAside(missing.tried_at, "checkpoint not laid down", "", None, missing.folder, f"{missing.why} {_ANCHOR}")
        ]

    def _files(self, session: Session) -> list[SetAside]:
        stuck = Receipt.state.in_((ReceiptState.QUARANTINED, ReceiptState.DEAD))
        return [
            SetAside(row.received_at, f"file {row.state}", row.id, row.partner, row.filename, row.reason or "")
            for row in self._rows(session, Receipt, Receipt.received_at, stuck)
        ]

    def _documents(self, session: Session) -> list[SetAside]:
        stuck = DocumentRow.state.in_((DocumentState.QUARANTINED, DocumentState.DEAD))
        return [
            SetAside(row.created_at, f"document {row.state}", row.id, row.partner, _named(row), row.reason or "")
            for row in self._rows(session, DocumentRow, DocumentRow.created_at, stuck)
        ]

    def _unsent(self, session: Session) -> list[SetAside]:
        """What could not be sent and carries no document that says so: answers, reports, certificates."""
        failed = (Transmission.state == TransmissionState.FAILED, Transmission.kind.in_(WITHOUT_DOCUMENT))
        return [
            SetAside(row.created_at, f"{row.kind} not sent", row.id, row.partner, row.filename, row.reason or "")
            for row in self._rows(session, Transmission, Transmission.created_at, *failed)
        ]

    def _unended(self, session: Session) -> list[SetAside]:
        found = unended(session)
        begun: list[tuple[str, datetime, str, str, str]] = [
            *(("file", row.received_at, row.id, row.partner, row.filename) for row in found.files),
            *(("document", row.created_at, row.id, row.partner, _named(row)) for row in found.documents),
            *(("sending", row.created_at, row.id, row.partner, row.filename) for row in found.transmissions),
        ]
        stuck = [
            SetAside(at, f"{kind} without outcome", id_, partner, what, _NO_WORK.format(id=id_))
            for kind, at, id_, partner, what in begun
        ]
        undecided = [
            SetAside(row.created_at, "ERP undecided", row.id, row.partner, _named(row), _UNDECIDED)
            for row in found.undecided
        ]
        return [each for each in (*stuck, *undecided) if self._asked_for(each)]

    def _asked_for(self, each: SetAside) -> bool:
        return self.partner in (None, each.partner) and (self.since is None or each.at >= self.since)

    def _rows(
        self, session: Session, table: type[ROW], at: InstrumentedAttribute[datetime], *where: ColumnElement[bool]
    ) -> Sequence[ROW]:
        statement = select(table).where(*where).order_by(at.desc()).limit(self.limit)
        if self.partner is not None:
            statement = statement.filter_by(partner=self.partner)
        if self.since is not None:
            statement = statement.where(at >= self.since)
        return session.scalars(statement).all()


def _decision(session: Session, row: CertificateRow) -> str:
    todo = (
        f"Compare its SHA-256 with {row.partner} by telephone: {fingerprint_text(row.fingerprint)}. Then `tally cert approve {row.id}`, or "
        f"`tally cert reject {row.id} --reason TEXT`."
    )
    certificate = load_pem_x509_certificate(row.pem.encode("ascii"))
    return " ".join((todo, *same_key.doubts(session, row), *doubts(certificate, row.use)))


_NO_WORK = (
    "It was begun, and no work is left that would end it: somebody changed the database past Tallystick, or this is a fault of ours. "
    "`tally ledger verify` tells which; then `tally doc cancel {id} --reason TEXT`, and `tally doc replay {id} --reason TEXT`."
)

_ANCHOR = "It is tried again by the hour. See that the directory of anchor_folder is there, and that this user may write to it."

_UNDECIDED = "The ERP has it and has not said what becomes of it; the lane goes on. Decide there."

_TURNED_AWAY = {RefusalKind.LOGIN: "logins refused", RefusalKind.NOT_KEPT: "messages not kept"}

_ADVICE = {
    RefusalKind.LOGIN: "If that is the partner, compare as2.id and as2.http of the profile with it; if not, somebody tries its name.",
    RefusalKind.NOT_KEPT: "It was answered. Ask the partner, or have the address kept out.",
}


def _how_many(row: Refusals) -> str:
    size = "" if row.kind is RefusalKind.LOGIN else f", {row.bytes} bytes"
    return f"{row.count} on {row.day}{size}"


def _how(row: Refusals) -> str:
    return f"The last, from {row.remote or 'nowhere'}: {row.why} {_ADVICE[row.kind]}"


def _parties(row: Arrival) -> str:
    named = (row.message_id or "no Message-ID", row.sender or "nobody", row.recipient or "nobody")
    message_id, sender, recipient = (name if len(name) <= SHOWN else name[: SHOWN - 1] + "…" for name in named)
    return f"{message_id} from {sender} to {recipient}"


def _named(row: DocumentRow) -> str:
    return f"{row.type} {row.number or ''}".strip()

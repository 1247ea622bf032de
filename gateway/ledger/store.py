"""The ledger's rows: entries, details, tiles and what waits, read; and a batch, added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Insert, Text, bindparam, cast, delete, func, insert, select, update
from sqlalchemy.orm import Session

from spool.database.prepared import Prepared
from spool.journal import JournalEntry, LedgerOutbox
from spool.tables import DIALECTS, Base, insert_if_absent, insert_of

from .batch import Batch, Waiting
from .tables import (
    LedgerBlobSalt,
    LedgerDetail,
    LedgerEntry,
    LedgerPartner,
    LedgerState,
    LedgerSubject,
    LedgerTile,
)
from .tiles import WIDTH, Tile
from .tree import EMPTY_ROOT, Frontier, leaf_hash

ONLY = 1
"""The key of the only row of :class:`.tables.LedgerState`."""


class Overtaken(Exception):
    """Somebody else added to the ledger, or cleared the outbox, since a batch was begun."""


@dataclass(frozen=True, slots=True)
class Detail:
    """The details of an entry, and the salt of the commitment to them."""

    salt: bytes
    body: bytes


def state(session: Session, *, locked: bool = False) -> LedgerState | None:
    """How far the ledger has come, as the database has it now; None before the first entry. Others wait who want it ``locked``."""
    row = (_STATE_LOCKED if locked else _STATE).first(session, {})
    return None if row is None else LedgerState(**dict(zip(_STATE_COLUMNS, row, strict=True)))


def size(session: Session) -> int:
    """How many entries there are."""
    return session.scalar(select(LedgerState.size).where(LedgerState.id == ONLY)) or 0


def frontier_of(state: LedgerState | None) -> Frontier:
    """Raises ValueError where the row does not agree with itself."""
    return Frontier() if state is None else Frontier.read(state.size, bytes(state.frontier))


def bodies(session: Session, start: int, end: int) -> list[bytes]:
    """The bytes of the entries from ``start`` up to, but not including, ``end``."""
    return [bytes(body) for (body,) in _BODIES.rows(session, {"start": start, "end": end})]


def numbered(session: Session, start: int, end: int) -> list[tuple[int, bytes]]:
    """As :func:`bodies`, each with its number, where some may be missing."""
    return [(idx, bytes(body)) for idx, body in _NUMBERED.rows(session, {"start": start, "end": end})]


def body(session: Session, idx: int) -> bytes | None:
    """The bytes of an entry."""
    return next(iter(bodies(session, idx, idx + 1)), None)


def detail(session: Session, idx: int) -> Detail | None:
    """The details of an entry; None where they were erased."""
    row = session.get(LedgerDetail, idx)
    return None if row is None else Detail(bytes(row.salt), bytes(row.body))


def blob_salts(session: Session, idx: int) -> dict[str, tuple[str, bytes]]:
    """By role, the digest of a payload of an entry and the salt of the commitment to it; erased ones are not here."""
    rows = session.scalars(select(LedgerBlobSalt).where(LedgerBlobSalt.idx == idx).order_by(LedgerBlobSalt.role))
    return {row.role: (row.sha256, bytes(row.salt)) for row in rows}


def of_journal(session: Session, journal_ids: Sequence[int]) -> dict[int, int]:
    """By journal entry, the ledger's entry whose details name it; those that are not in the ledger yet, or were erased, are missing."""
    found: dict[int, int] = {}
    for start in range(0, len(journal_ids), _AT_ONCE):
        some = journal_ids[start : start + _AT_ONCE]
        rows = session.execute(
            select(LedgerDetail.journal_id, LedgerDetail.idx).where(LedgerDetail.journal_id.in_(some))
        )
        found.update((journal_id, idx) for journal_id, idx in rows)
    return found


def stored_tile(session: Session, level: int, number: int) -> bytes | None:
    """The hashes of a tile that is stored."""
    found = _TILE.first(session, {"level": level, "n": number})
    return None if found is None else bytes(found[0])


def tiles(session: Session, size: int) -> Tile:
    """The tiles of the tree of the first ``size`` entries."""

    def tile(level: int, number: int) -> bytes:
        found = stored_tile(session, level, number)
        if found is not None:
            return found
        if level:
            return b""
        start = number * WIDTH
        return b"".join(map(leaf_hash, bodies(session, start, min(start + WIDTH, size))))

    return tile


# What waits


def waiting(session: Session, after: int, limit: int) -> list[Waiting]:
    """Entries of the journal that wait for their places, of those behind ``after``, in their order."""
    rows = _WAITING.rows(session, {"after": after, "limit": limit})
    return [Waiting._make((*row, blobs or ())) for *row, blobs in rows]


def still_waiting(session: Session, some: Sequence[Waiting]) -> list[Waiting]:
    """Those that still wait."""
    ids = [each.journal_id for each in some]
    still = set(session.scalars(select(LedgerOutbox.journal_id).where(LedgerOutbox.journal_id.in_(ids))))
    return [each for each in some if each.journal_id in still]


def count_waiting(session: Session) -> int:
    """How many entries wait."""
    return session.scalar(select(func.count()).select_from(LedgerOutbox)) or 0


def waiting_since(session: Session) -> datetime | None:
    """When the oldest entry happened that waits; None where none does."""
    first = select(JournalEntry.at).join(LedgerOutbox, LedgerOutbox.journal_id == JournalEntry.id)
    return session.scalar(first.order_by(LedgerOutbox.journal_id).limit(1))


def subjects(session: Session, docs: Collection[str]) -> dict[str, tuple[int, bytes]]:
    """How many entries there are about each of these, and the leaf hash of the last; nothing of those that there are none about."""
    found = ((doc, _SUBJECT.first(session, {"doc": doc})) for doc in docs)
    return {doc: (row[0], bytes(row[1])) for doc, row in found if row is not None}


def all_subjects(session: Session) -> list[tuple[str, int, bytes]]:
    """All that there are entries about, how many of each, and the leaf hash of the last."""
    return [(doc, count, bytes(leaf)) for doc, count, leaf in _SUBJECTS.untyped(session, {})]


def partners(session: Session, names: Collection[str]) -> dict[str, tuple[int, str]]:
    """How many entries there are about each of these partners, and its pseudonym; nothing of those that there are none about."""
    found = ((name, _PARTNER.first(session, {"partner": name})) for name in names)
    return {name: (row[0], row[1]) for name, row in found if row is not None}


# What is added


def append(batch: Batch, now: datetime, session: Session) -> None:
    """Add a batch and clear its outbox. Raises Overtaken where the ledger is no longer the one that it was made for."""
    if batch.size == 0:
        begin(batch.tenant, now, session)
    held = state(session, locked=True)
    if held is None or (held.size, held.tenant) != (batch.size, batch.tenant):
        raise Overtaken
    # First of all: what somebody else took in between when it was seen waiting and when the batch was begun is not to be put in again.
    if _CLEAR.many(session, [{"id": journal_id} for journal_id in batch.journal_ids]) != len(batch.journal_ids):
        raise Overtaken
    _ADD_ENTRY.many(session, batch.entries)
    _ADD_DETAIL.many(session, batch.details)
    _ADD_SALT.many(session, batch.salts)
    _PUT_SUBJECT.many(
        session, [{"doc": doc, "dseq": dseq, "leaf": leaf} for doc, (dseq, leaf) in batch.subjects.items()]
    )
    _PUT_PARTNER.many(
        session,
        [
            {"partner": partner, "pseudonym": pseudonym, "pseq": pseq}
            for partner, (pseq, pseudonym) in batch.partners.items()
        ],
    )
    _PUT_TILE.many(session, [{"level": level, "n": n, "data": data} for (level, n), data in batch.tiles.items()])
    grown = batch.frontier
    _MOVE.rows(session, {"to": grown.size, "hashes": grown.written(), "over": grown.root, "now": now})


def begin(tenant: str, now: datetime, session: Session) -> str:
    """Begin an empty ledger of a home, unless it was begun; its pseudonym."""
    beginning = {"id": ONLY, "size": 0, "frontier": b"", "root": EMPTY_ROOT, "tenant": tenant, "moved_at": now}
    insert_if_absent(session, LedgerState, beginning)
    begun = state(session)
    assert begun is not None
    return begun.tenant


_AT_ONCE = 1000
"""Ids in one statement."""

_STATE_COLUMNS = LedgerState.__table__.columns.keys()
_ONLY_STATE = select(*LedgerState.__table__.columns).where(LedgerState.id == ONLY)
_STATE = Prepared(_ONLY_STATE)
_STATE_LOCKED = Prepared(_ONLY_STATE.with_for_update())

_BODIES = Prepared(
    select(LedgerEntry.body)
    .where(LedgerEntry.idx >= bindparam("start"), LedgerEntry.idx < bindparam("end"))
    .order_by(LedgerEntry.idx)
)

_NUMBERED = Prepared(
    select(LedgerEntry.idx, LedgerEntry.body)
    .where(LedgerEntry.idx >= bindparam("start"), LedgerEntry.idx < bindparam("end"))
    .order_by(LedgerEntry.idx)
)

_TILE = Prepared(select(LedgerTile.data).where(LedgerTile.level == bindparam("level"), LedgerTile.n == bindparam("n")))

TOLD = (
    JournalEntry.id,
    JournalEntry.at,
    JournalEntry.step,
    JournalEntry.outcome,
    JournalEntry.partner,
    JournalEntry.receipt_id,
    JournalEntry.document_id,
    JournalEntry.transmission_id,
    JournalEntry.actor,
    cast(JournalEntry.detail, Text),
)
"""What the journal tells of an entry, in the order in which a :class:`.batch.Waiting` takes it."""

_WAITING = Prepared(
    select(
        *TOLD,
        LedgerOutbox.blobs,
    )
    .join(LedgerOutbox, LedgerOutbox.journal_id == JournalEntry.id)
    .where(LedgerOutbox.journal_id > bindparam("after"))
    .order_by(LedgerOutbox.journal_id)
    .limit(bindparam("limit"))
)

_SUBJECT = Prepared(select(LedgerSubject.dseq, LedgerSubject.leaf).where(LedgerSubject.doc == bindparam("doc")))
_SUBJECTS = Prepared(select(LedgerSubject.doc, LedgerSubject.dseq, LedgerSubject.leaf))
_PARTNER = Prepared(
    select(LedgerPartner.pseq, LedgerPartner.pseudonym).where(LedgerPartner.partner == bindparam("partner"))
)

_CLEAR = Prepared(delete(LedgerOutbox).where(LedgerOutbox.journal_id == bindparam("id")))
_MOVE = Prepared(
    update(LedgerState).values(
        size=bindparam("to"), frontier=bindparam("hashes"), root=bindparam("over"), moved_at=bindparam("now")
    )
)

_ADD_ENTRY = Prepared(insert(LedgerEntry), ["idx", "body"])
_ADD_DETAIL = Prepared(insert(LedgerDetail), ["idx", "journal_id", "salt", "body"])
_ADD_SALT = Prepared(insert(LedgerBlobSalt), ["idx", "role", "sha256", "salt"])


def _put(table: type[Base], keys: Sequence[str], *changed: str) -> Prepared:
    """Insert a row, or change the one that is there."""

    def statement(dialect: str) -> Insert:
        added = insert_of(table, dialect)
        return added.on_conflict_do_update(
            index_elements=list(keys), set_={name: getattr(added.excluded, name) for name in changed}
        )

    columns = table.__table__.columns.keys()
    return Prepared({dialect: statement(dialect) for dialect in DIALECTS}, columns)


_PUT_SUBJECT = _put(LedgerSubject, ["doc"], "dseq", "leaf")
_PUT_PARTNER = _put(LedgerPartner, ["partner"], "pseq")
_PUT_TILE = _put(LedgerTile, ["level", "n"], "data")

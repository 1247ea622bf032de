"""Stamped checkpoints as the database has them: each row is read as whoever could write in its table may have left it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cryptography.x509 import Certificate
from sqlalchemy import ColumnElement, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from ..operations.instruction import NotPossible
from .checkpoint import Checkpoint
from .note import Malformed, read_note
from .tables import LedgerTimestamp
from .timestamp import Stamp, Trusted


class BadStampRow(NotPossible):
    """What is stored of a time stamp is not what is stored of one."""

    def __init__(self, size: object, n: object, why: str) -> None:
        self.size, self.n = size, n
        super().__init__(
            f"Time stamp {n} of the checkpoint of {size} entries is wrong: {why}. Somebody wrote in the table of stamps: restore it from a "
            "backup."
        )


@dataclass(frozen=True, slots=True)
class StampedCheckpoint:
    """A checkpoint and the stamps over it, the first one first.

    ``roots`` are those by which they were believed when they were made; without those of stamps from before roots were kept. ``rootless``
    are the places of these.
    """

    checkpoint: str
    stamps: tuple[Stamp, ...] = ()
    roots: tuple[Certificate, ...] = ()
    rootless: frozenset[int] = frozenset()

    @property
    def size(self) -> int:
        return Checkpoint.read(read_note(self.checkpoint.encode()).text).size

    @property
    def responses(self) -> tuple[bytes, ...]:
        return tuple(stamp.response for stamp in self.stamps)

    @property
    def at(self) -> datetime:
        """When it was stamped first."""
        return self.stamps[0].at

    @property
    def authority(self) -> str:
        """Who stamped it first."""
        return self.stamps[0].authority

    @property
    def expires(self) -> datetime:
        """Until when the certificate of the last stamp is valid."""
        return self.stamps[-1].expires


class _Row(NamedTuple):
    """A row as it is: SQLite keeps any type in any column."""

    size: Any
    n: Any
    checkpoint: Any
    response: Any
    authority: Any
    at: Any
    expires: Any
    roots: Any
    tried_at: Any
    why: Any


_COLUMNS = [type_coerce(getattr(LedgerTimestamp, name), NullType()) for name in _Row._fields]


def stamped_checkpoints(session: Session, *where: ColumnElement[bool]) -> list[StampedCheckpoint]:
    """Checkpoints that have a stamp, by size. Raises BadStampRow for the first that is not stored as one is."""
    rows = session.execute(select(*_COLUMNS).where(*where).order_by(LedgerTimestamp.size, LedgerTimestamp.n))
    found: dict[int, StampedCheckpoint] = {}
    for row in map(_Row._make, rows):
        try:
            _require_of_its_checkpoint(row)
            if row.response is None:
                _require_not_given(row)
            else:
                found[row.size] = _with_stamp(found.get(row.size, StampedCheckpoint(row.checkpoint)), row)
        except (TypeError, ValueError) as error:
            raise BadStampRow(row.size, row.n, str(error)) from error
    return list(found.values())


def malformed(session: Session) -> list[BadStampRow]:
    """Of each checkpoint with one, the first stamp that is not stored as one is."""
    found = []
    size = type_coerce(LedgerTimestamp.size, NullType())
    for (each,) in session.execute(select(size).distinct().order_by(size)).all():
        try:
            stamped_checkpoints(session, size == each)
        except BadStampRow as error:
            found.append(error)
    return found


def _require_of_its_checkpoint(row: _Row) -> None:
    try:
        size = Checkpoint.read(read_note(_text(row.checkpoint, "checkpoint").encode()).text).size
    except Malformed as error:
        raise ValueError(f"its checkpoint is none: {error}") from error
    if size != row.size:
        raise ValueError(f"its checkpoint is of {size} entries")
    _time(row.tried_at, "time when it was tried last")


def _require_not_given(row: _Row) -> None:
    if (row.authority, row.at, row.expires, row.roots) != (None, None, None, None):
        raise ValueError("it is noted who made it and when, and it was removed")
    _text(row.why, "reason why it was not given")


def _with_stamp(before: StampedCheckpoint, row: _Row) -> StampedCheckpoint:
    place = len(before.stamps) + 1
    if row.n != place:
        raise ValueError(f"it stands where stamp {place} must")
    if row.checkpoint != before.checkpoint:
        raise ValueError("its checkpoint is another one than that of the stamp before it")
    if row.why is not None:
        raise ValueError("it is said not to have been given")
    roots = _roots(row)
    return replace(
        before,
        stamps=(*before.stamps, _stamp(row)),
        roots=tuple(dict.fromkeys((*before.roots, *roots))),
        rootless=before.rootless if roots else before.rootless | {place},
    )


def _stamp(row: _Row) -> Stamp:
    if not isinstance(row.response, bytes | memoryview):
        raise TypeError("its response is not bytes")
    return Stamp(
        bytes(row.response),
        _time(row.at, "time"),
        _time(row.expires, "certificate's end"),
        _text(row.authority, "authority"),
    )


def _roots(row: _Row) -> Sequence[Certificate]:
    if row.roots is None:
        return ()
    try:
        return Trusted.read(_text(row.roots, "roots").encode()).roots
    except ValueError as error:
        raise ValueError("the roots that were kept with it are no certificates") from error


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"its {what} is no text")
    return value


def _time(value: Any, what: str) -> datetime:
    """As drivers give it: an aware time, or on SQLite the text of one in UTC."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    try:
        return datetime.fromisoformat(_text(value, what)).replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"its {what} is none") from error


def times(session: Session) -> Iterator[datetime]:
    """When stamps were made, of those of which that can be read."""
    for (at,) in session.execute(select(type_coerce(LedgerTimestamp.at, NullType()))):
        try:
            yield _time(at, "time")
        except (TypeError, ValueError):
            continue

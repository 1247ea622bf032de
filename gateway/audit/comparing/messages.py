"""Messages over AS2 and their MDNs, held against what the journal says of their rows (:mod:`gateway.exchange.telling`)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...exchange.arrivals import Arrival, ArrivedFile
from ...exchange.sendings import Sending
from ...exchange.telling import in_journal, is_whole
from ..question import Row
from ..removals import Removed
from ..retelling import Retold, ToldRow
from .differences import as_kept, as_text

MESSAGE = "a message"

Contradiction: TypeAlias = tuple[str, str | None, str, str, Any, Any]
"""Table, partner, id and column, and what is there and what should be; None is nothing."""


def contradicted(session: Session, told: Retold, removed: Removed) -> Iterator[Row]:
    """Where a row has something else than what is told of it, is missing, or was put there by somebody."""
    for table, partner, id_, column, has, should in _contradicted(session, told, removed):
        yield table, partner, id_, column, as_text(has), as_text(should)


def _contradicted(session: Session, told: Retold, removed: Removed) -> Iterator[Contradiction]:
    missing = {key for key, said in told.rows.items() if _must_be_there(key[1], said, told)}
    untold = _Untold(session, told, removed)
    for row, at in _rows(session):
        key = row.__tablename__, row.id
        missing.discard(key)
        said = told.rows.get(key)
        if said is not None:
            for column, has, should in _different(row, said.says):
                yield *_named(row), column, has, should
        elif not untold.is_expected(row, at):
            yield *_named(row), "", MESSAGE, None
    for table, id_ in sorted(missing):
        yield table, told.rows[table, id_].partner, id_, "", None, MESSAGE
    yield from _files(session, told, removed)


def _rows(session: Session) -> Iterator[tuple[Arrival | Sending, datetime]]:
    """Every message either way, and since when it is there."""
    for came in session.scalars(select(Arrival).execution_options(yield_per=1000)):
        yield came, came.at
        session.expunge(came)
    for left in session.scalars(select(Sending).execution_options(yield_per=1000)):
        yield left, left.built_at
        session.expunge(left)


def _named(row: Arrival | Sending) -> tuple[str, str | None, str]:
    return row.__tablename__, row.partner, row.id


def _different(row: Arrival | Sending, says: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name, said in says.items():
        has = in_journal(getattr(row, name))
        if has != said and has != as_kept(said):
            yield name, has, said


def _must_be_there(id_: str, said: ToldRow, told: Retold) -> bool:
    """Whether a row that is told of was not removed on record: what is about nothing else goes by itself, and of what went with a file or
    a transmission no more may be told than what changed of it."""
    return is_whole(said.says) and (said.bound or id_ >= told.forgotten)


class _Untold:
    """Of which rows nothing need be told: those of earlier programs, which did not tell; and those of which all that was told went on
    record a little before they go themselves, with the files or the transmission that they are about: those that the record of that
    names, and, where an earlier program removed it, which named none, those that are about it."""

    def __init__(self, session: Session, told: Retold, removed: Removed) -> None:
        self._told = told
        self._left = removed.messages
        self._gone = removed.bereft
        self._files: defaultdict[str, list[str]] = defaultdict(list)
        for file, arrival in session.execute(select(ArrivedFile.receipt_id, ArrivedFile.arrival)):
            self._files[arrival].append(file)
        self._carried = dict(session.execute(select(Sending.id, Sending.transmission)).all())

    def is_expected(self, row: Arrival | Sending, at: datetime) -> bool:
        if self._told.rows_since is None or at < self._told.rows_since:
            return True
        return row.id in self._left or self._is_about_what_went(row)

    def _is_about_what_went(self, row: Arrival | Sending) -> bool:
        if isinstance(row, Sending):
            return row.transmission in self._gone
        if row.sending is not None:
            carried = self._carried.get(row.sending)
            return row.sending < self._told.parted if carried is None else carried in self._gone
        files = self._files.get(row.id, ())
        return bool(files) and all(file in self._gone for file in files)


def _files(session: Session, told: Retold, removed: Removed) -> Iterator[Contradiction]:
    """Files came in the messages that they are told to have come in."""
    missing, messages = set(told.brought), {*told.brought.values(), *removed.messages}
    for file, arrival in session.execute(select(ArrivedFile.receipt_id, ArrivedFile.arrival)):
        missing.discard(file)
        should = told.brought.get(file)
        if should is None and not _may_be_untold(told, removed, file, of_another=arrival in messages):
            yield "as2_file", None, file, "", f"came in {arrival}", None
        elif should not in (None, arrival):
            yield "as2_file", told.beginnings[file].partner, file, "arrival", arrival, should
    for file in sorted(missing):
        yield "as2_file", told.beginnings[file].partner, file, "", None, f"came in {told.brought[file]}"


def _may_be_untold(told: Retold, removed: Removed, file: str, *, of_another: bool) -> bool:
    """Whether it came before this was told, or went on record: by an earlier program, or out of a message that stays, ``of_another`` file
    or until its MDN is posted."""
    begun = told.beginnings.get(file)
    if begun is None:
        gone = file in removed.bereft or (file in removed.steps and of_another)
        return gone or told.rows_since is None
    return told.rows_since is None or begun.at < told.rows_since

"""What waits for its place in the ledger, and whether it can be given one: what cannot would wait for ever, and excuse what it tells of."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import BlobDigest
from spool.blobs import BlobDamaged, BlobStore
from spool.journal import JournalEntry, LedgerOutbox

from .erasures import STEPS
from .tables import LedgerDetail


def first_that_cannot_be_taken_in(session: Session, blobs: BlobStore) -> str | None:
    """What is wrong with the first row that waits and will not get a place as it is; None where all will."""
    rows = (
        select(LedgerOutbox.journal_id, cast(LedgerOutbox.blobs, Text), JournalEntry.id, LedgerDetail.idx)
        .outerjoin(JournalEntry, JournalEntry.id == LedgerOutbox.journal_id)
        .outerjoin(LedgerDetail, LedgerDetail.journal_id == LedgerOutbox.journal_id)
        .order_by(LedgerOutbox.journal_id)
    )
    for journal_id, named, there, told in session.execute(rows):
        if there is None:
            return f"The ledger is still to be told of row {journal_id} of the journal, which was removed."
        if told is not None:
            return f"Row {journal_id} of the journal waits to be told of again: entry {told} tells of it."
        if (why := _why_held(session, blobs, named)) is not None:
            return f"Row {journal_id} of the journal cannot be taken in: {why}"
    return None


def _why_held(session: Session, blobs: BlobStore, named: str | None) -> str | None:
    try:
        for digest in _digests(named):
            for _ in blobs.chunks(session, BlobDigest(digest)):
                pass
    except (NotFound, BlobDamaged) as error:
        return error.message
    except (ValueError, LookupError, TypeError):
        return "its payloads are not named in a form that can be read."
    return None


def _digests(named: str | None) -> list[str]:
    return [blob["sha256"] for blob in json.loads(named or "null") or ()]


def waiting_erasures(session: Session) -> Iterator[Any]:
    """The journal's detail of each erasure that will get a place with the next batch. None of ours names a payload."""
    rows = (
        select(cast(JournalEntry.detail, Text), cast(LedgerOutbox.blobs, Text))
        .join(LedgerOutbox, LedgerOutbox.journal_id == JournalEntry.id)
        .where(JournalEntry.step.in_(STEPS))
    )
    for detail, named in session.execute(rows):
        try:
            if not _digests(named):
                yield json.loads(detail)
        except (ValueError, LookupError, TypeError):
            # It covers nothing, and is found out with what waits.
            continue

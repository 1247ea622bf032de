"""What an id on the command line names, locked for what is to be done with it."""

from typing import TypeAlias, TypeVar

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from spool.documents import DocumentRow
from spool.receipts import Receipt
from spool.transmissions import Transmission

Subject: TypeAlias = Receipt | DocumentRow | Transmission

Row = TypeVar("Row", Receipt, DocumentRow, Transmission)


def find(session: Session, identifier: str) -> Subject:
    """The document, file or transmission of this id; its row stays locked until the transaction ends. Raises NotFound."""
    row: Subject | None = (
        _locked(session, _DOCUMENT, identifier)
        or _locked(session, _FILE, identifier)
        or _locked(session, _TRANSMISSION, identifier)
    )
    if row is not None:
        return row
    raise NotFound(f"There is no document, file or transmission {identifier}. `tally doc list` shows what there is.")


def file_of(session: Session, document: DocumentRow) -> Receipt:
    """The file that a received document came in, locked likewise."""
    file = _locked(session, _FILE, document.receipt_id or "")
    assert file is not None, f"the file of document {document.id} vanished"
    return file


def _by_id(table: type[Row]) -> Select[Row]:
    """Made once: thousands of files may be released at a time."""
    found = select(table).where(table.id == bindparam("key")).with_for_update()
    return found.execution_options(populate_existing=True)


_DOCUMENT, _FILE, _TRANSMISSION = _by_id(DocumentRow), _by_id(Receipt), _by_id(Transmission)


def _locked(session: Session, by_id: Select[Row], identifier: str) -> Row | None:
    return session.scalars(by_id, {"key": identifier}).one_or_none()

"""What an id on the command line names, locked for what is to be done with it."""

from typing import TypeAlias, TypeVar

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
        _locked(session, DocumentRow, identifier)
        or _locked(session, Receipt, identifier)
        or _locked(session, Transmission, identifier)
    )
    if row is not None:
        return row
    raise NotFound(f"There is no document, file or transmission {identifier}. `tally doc list` shows what there is.")


def _locked(session: Session, table: type[Row], identifier: str) -> Row | None:
    return session.get(table, identifier, with_for_update=True, populate_existing=True)

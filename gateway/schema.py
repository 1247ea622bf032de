"""The whole schema: importing this module has every room declare its tables."""

from sqlalchemy import MetaData

from partners.certificates import CertificateRow
from partners.control_numbers import ControlNumber, ReceivedInterchange
from partners.registry import ProfileVersion
from spool.blobs import Blob, BlobPart, BlobUpload
from spool.documents import DocumentOrder, DocumentRow
from spool.journal import JournalEntry, LedgerOutbox
from spool.queue.tables import Allowance, CircuitRow, FailedAttempt, Lane, Schedule, WorkItem
from spool.receipts import Receipt
from spool.tables import Base
from spool.transmissions import Transmission

from .erp.cursors import ErpCursor
from .exchange.arrivals import Arrival, ArrivedFile
from .exchange.refusals import Refusals
from .exchange.sendings import Sending
from .ledger.tables import (
    LedgerBlobSalt,
    LedgerDetail,
    LedgerEntry,
    LedgerPartner,
    LedgerState,
    LedgerSubject,
    LedgerTile,
    LedgerTimestamp,
    LedgerUnanchored,
)
from .operations.outboxes import PendingWithdrawal
from .operations.pruned import PrunedCount
from .users.tables import BrowserLogin, User

TABLES = (
    Allowance,
    ArrivedFile,
    Arrival,
    Blob,
    BlobPart,
    BlobUpload,
    BrowserLogin,
    CertificateRow,
    CircuitRow,
    ControlNumber,
    DocumentOrder,
    DocumentRow,
    ErpCursor,
    FailedAttempt,
    JournalEntry,
    Lane,
    LedgerBlobSalt,
    LedgerDetail,
    LedgerEntry,
    LedgerOutbox,
    LedgerPartner,
    LedgerState,
    LedgerSubject,
    LedgerTile,
    LedgerTimestamp,
    LedgerUnanchored,
    PendingWithdrawal,
    ProfileVersion,
    PrunedCount,
    Receipt,
    ReceivedInterchange,
    Refusals,
    Schedule,
    Sending,
    Transmission,
    User,
    WorkItem,
)
"""Every table of the house, by room."""

metadata: MetaData = Base.metadata

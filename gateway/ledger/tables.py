"""The ledger's rows. Triggers of the database (migration 0007) let entries only be added, each behind the last one.

What a session needs of them for each entry is told by statements that are made once.
"""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from spool.tables import Base


class LedgerEntry(Base):
    """The bytes of entry ``idx``, counted from 0."""

    __tablename__ = "ledger_entry"

    idx: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerDetail(Base):
    """The details of an entry, as bytes, and the salt of the commitment to them; erased by removing the row."""

    __tablename__ = "ledger_detail"

    idx: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    journal_id: Mapped[int] = mapped_column(unique=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerBlobSalt(Base):
    """The salt of the commitment to a payload; erased by removing the row."""

    __tablename__ = "ledger_blob_salt"

    idx: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerTile(Base):
    """The hashes of a tile (:mod:`.tiles`). Of level 0 only full ones are here: what is over the last entries is derived from them."""

    __tablename__ = "ledger_tile"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerState(Base):
    """The only row (``id`` 1): how many entries there are, and the tree over them. ``tenant`` is the home's pseudonym."""

    __tablename__ = "ledger_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    tenant: Mapped[str] = mapped_column(String(16))
    moved_at: Mapped[datetime]


class LedgerSubject(Base):
    """How many entries there are about ``doc``, and the leaf hash of the last."""

    __tablename__ = "ledger_subject"

    doc: Mapped[str] = mapped_column(String(64), primary_key=True)
    dseq: Mapped[int]
    leaf: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerPartner(Base):
    """A partner's pseudonym, and how many entries there are about it."""

    __tablename__ = "ledger_partner"

    partner: Mapped[str] = mapped_column(primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(16), unique=True)
    pseq: Mapped[int]


class LedgerTimestamp(Base):
    """The ``n``-th time stamp of the signed checkpoint of ``size`` entries, counted from 1: over that and the stamps before.

    ``response`` is the answer of ``authority``, made ``at`` the time that it says, by a certificate that ``expires``; ``roots`` (PEM) is
    whom it was believed by. All are None for one that was wanted and not given when it was last tried; ``why`` says why. Stamps from
    before roots were kept have none, and no entry of the journal tells of them.
    """

    __tablename__ = "ledger_timestamp"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checkpoint: Mapped[str]
    response: Mapped[bytes | None] = mapped_column(LargeBinary)
    authority: Mapped[str | None]
    at: Mapped[datetime | None]
    expires: Mapped[datetime | None]
    roots: Mapped[str | None]
    tried_at: Mapped[datetime]
    why: Mapped[str | None]


class LedgerUnanchored(Base):
    """That the checkpoint of the day is not in ``folder``: it could not be laid down ``since`` then, last when it was ``tried_at``, and
    ``why``. There is a row only as long as that is so."""

    __tablename__ = "ledger_unanchored"

    folder: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    tried_at: Mapped[datetime]
    why: Mapped[str]

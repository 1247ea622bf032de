"""What is kept of users: never a token or a session's secret, only what recognises one."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from spool.tables import Base


class Right(StrEnum):
    """What somebody may do."""

    READ = "read the record"
    EXPORT = "take payloads along"


class Role(StrEnum):
    """What somebody is. Nobody can change anything over the pages or the API."""

    AUDITOR = "auditor"
    """Reads the record and takes evidence along."""
    OPERATOR = "operator"
    """Reads the record; payloads do not leave the house by this way."""
    ADMIN = "admin"
    """May do all that there is."""

    @property
    def rights(self) -> frozenset[Right]:
        return frozenset({Right.READ}) if self is Role.OPERATOR else frozenset(Right)


class User(Base):
    """Somebody by name, ``added_by`` whom. The token, since ``token_at``, is known by its SHA-256; without one nobody comes in."""

    __tablename__ = "user_account"

    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[Role]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    token_sha256: Mapped[str | None] = mapped_column(unique=True)
    token_at: Mapped[datetime | None]


class BrowserLogin(Base):
    """A browser in which ``user`` is logged in until ``ends_at``; its cookie is known by its SHA-256."""

    __tablename__ = "user_login"
    __table_args__ = (Index("ix_user_login_user", "user"),)

    sha256: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str]
    ends_at: Mapped[datetime]

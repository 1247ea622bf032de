"""Accounts: added, given a role and a token, and removed. Every change is told to the journal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, NotFound
from spool import journal
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.database.port import Database, one_at_a_time
from spool.journal import OURSELVES, Step

from .tables import BrowserLogin, Role, User
from .tokens import commitment_to, digest, new_token

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")


@dataclass(frozen=True, slots=True)
class Users:
    """The accounts of one home. ``by`` is always who asks for the change."""

    database: Database
    clock: Clock

    def add(self, name: str, role: Role, by: str) -> Role | None:
        """Make an account, or give an existing one another role; the role before. Raises Misconfigured for what is no name."""
        if _NAME.fullmatch(name) is None or name == OURSELVES:
            raise Misconfigured(
                f'"{name}" is no name for a user: take lower-case letters, digits, and . _ @ - within, at most 63, and not {OURSELVES}.'
            )

        def write(session: Session) -> Role | None:
            one_at_a_time(session, "users")
            row = session.get(User, name)
            before = None if row is None else row.role
            if row is None:
                session.add(User(name=name, role=role, added_at=moment_of(session, self.clock), added_by=by))
                self._tell(session, by, f"user {name} added", name, role=role.value)
            elif before is not role:
                row.role = role
                self._tell(session, by, f"role of {name} changed", name, role=role.value, before=before)
            return before

        return self.database.write(write)

    def renew_token(self, name: str, by: str) -> str:
        """A new token, in place of the one before, which ends with all logins by it. It is told only now. Raises NotFound."""
        token = new_token()

        def write(session: Session) -> None:
            row = _known(session, name)
            renewed = row.token_sha256 is not None
            row.token_sha256, row.token_at = digest(token), moment_of(session, self.clock)
            _end_logins(session, name)
            outcome = f"token of {name} {'renewed' if renewed else 'given'}"
            self._tell(session, by, outcome, name, token=commitment_to(row.token_sha256))

        self.database.write(write)
        return token

    def remove(self, name: str, by: str) -> None:
        """Nobody comes in by this name any more, at once. Raises NotFound."""

        def write(session: Session) -> None:
            row = _known(session, name)
            session.delete(row)
            _end_logins(session, name)
            self._tell(session, by, f"user {name} removed", name, role=None, before=row.role)

        self.database.write(write)

    def all(self) -> Sequence[User]:
        """By name."""
        with self.database.read() as session:
            return session.scalars(select(User).order_by(User.name)).all()

    def by_token(self, token: str) -> User | None:
        """Whose token that is."""
        with self.database.read() as session:
            return session.scalars(select(User).where(User.token_sha256 == digest(token))).one_or_none()

    def _tell(self, session: Session, by: str, outcome: str, name: str, **detail: Any) -> None:
        journal.record(
            session, self.clock, step=Step.ENTITLED, outcome=outcome, actor=by, detail={"user": name, **detail}
        )


def _known(session: Session, name: str) -> User:
    row = session.get(User, name, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no user {name}. `tally user list` shows those there are.")
    return row


def _end_logins(session: Session, name: str) -> None:
    session.execute(delete(BrowserLogin).where(BrowserLogin.user == name))

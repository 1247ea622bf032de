"""Browsers in which somebody is logged in: known to all nodes, and ended by a log-out, by time, or with the token."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from spool.clock import Clock
from spool.database.port import Database

from .tables import BrowserLogin, User
from .tokens import digest, new_cookie

LASTS = timedelta(hours=1)
"""How long a login holds, whatever is done meanwhile."""

MOST = 10
"""Logins of one user at a time; the one that ends first makes room for another."""


@dataclass(frozen=True, slots=True)
class Logins:
    """The logins of one home."""

    database: Database
    clock: Clock

    def begin(self, token: str) -> str | None:
        """What the browser is to show from now on; None for a token that is nobody's."""
        cookie, now = new_cookie(), self.clock.now()
        theirs = select(User).where(User.token_sha256 == digest(token))
        with self.database.read() as session:
            # Strangers do not get as far as to write.
            if session.scalars(theirs).one_or_none() is None:
                return None

        def write(session: Session) -> str | None:
            # With the token locked: one that is renewed at this moment ends this login too.
            user = session.scalars(theirs.with_for_update()).one_or_none()
            if user is None:
                return None
            session.execute(delete(BrowserLogin).where(BrowserLogin.ends_at <= now))
            _make_room(session, user.name)
            session.add(BrowserLogin(sha256=digest(cookie), user=user.name, ends_at=now + LASTS))
            return cookie

        return self.database.write(write)

    def user(self, cookie: str) -> User | None:
        """Who is logged in in the browser that shows this."""
        with self.database.read() as session:
            return session.scalars(
                select(User)
                .join(BrowserLogin, BrowserLogin.user == User.name)
                .where(BrowserLogin.sha256 == digest(cookie), BrowserLogin.ends_at > self.clock.now())
            ).one_or_none()

    def end(self, cookie: str) -> None:
        """Log out."""
        self.database.write(
            lambda session: session.execute(delete(BrowserLogin).where(BrowserLogin.sha256 == digest(cookie)))
        )


def _make_room(session: Session, user: str) -> None:
    held = select(BrowserLogin.sha256).where(BrowserLogin.user == user).order_by(BrowserLogin.ends_at.desc())
    surplus = session.scalars(held.offset(MOST - 1)).all()
    session.execute(delete(BrowserLogin).where(BrowserLogin.sha256.in_(surplus)))

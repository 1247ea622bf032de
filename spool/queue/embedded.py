"""Waking the workers of the same process, for a home that one process serves."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from ..database.port import after_commit


class InProcessWaker:
    """A :class:`spool.queue.port.Waker` that calls whoever subscribed. What is due later is found by those who look again and again."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[], None]] = []

    def subscribe(self, action: Callable[[], None]) -> None:
        """Have ``action`` called after each commit of this process that made work due; it must be quick and not fail."""
        self._subscribers.append(action)

    def lane_due(self, session: Session, lane: str, at: datetime) -> None:
        for action in self._subscribers:
            after_commit(session, action)

"""Stands in for the gateway behind the listeners: remembers what it was given, in memory."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from canonical.errors import Retryable
from canonical.identity import PartnerId, ReceiptId
from gateway.listeners.port import Arrival, ReceivedFile, SftpAccount

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Taken:
    partner: str
    transport: str
    filename: str
    data: bytes
    remote: str | None


class RecordingGateway:
    """Intake, accounts, received and collected in one. ``broken`` makes the intake fail; ``wait_for`` waits, never sleeps."""

    def __init__(self, blobs: Path) -> None:
        self._blobs = blobs
        self.taken: list[Taken] = []
        self.collections: list[tuple[str, str, str]] = []
        self.accounts: dict[str, SftpAccount] = {}
        self.broken = False
        self.before_commit: Callable[[Arrival], None] = lambda arrival: None
        self._changed = threading.Condition()

    def receive(self, arrival: Arrival) -> ReceiptId:
        self.before_commit(arrival)
        if self.broken:
            raise Retryable("The database is locked.", partner_message="The file could not be kept.")
        data = arrival.payload.data
        if data is None:
            data = (self._blobs / arrival.payload.digest[:2] / arrival.payload.digest).read_bytes()
        assert len(data) == arrival.payload.size
        with self._changed:
            self.taken.append(Taken(arrival.partner, arrival.transport, arrival.filename, data, arrival.remote))
            self._changed.notify_all()
            return ReceiptId(str(len(self.taken)))

    def account(self, username: str) -> SftpAccount | None:
        return self.accounts.get(username)

    def received(self, partner: PartnerId) -> Sequence[ReceivedFile]:
        latest = {taken.filename: taken for taken in self.taken if taken.partner == partner}
        return [ReceivedFile(name, len(taken.data), WHEN) for name, taken in reversed(latest.items())]

    def received_file(self, partner: PartnerId, filename: str) -> ReceivedFile | None:
        return next((file for file in self.received(partner) if file.filename == filename), None)

    def collected(self, partner: PartnerId, filename: str, action: str) -> None:
        with self._changed:
            self.collections.append((partner, filename, action))
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, seconds)

    @property
    def contents(self) -> dict[str, bytes]:
        """The latest bytes of each name."""
        return {taken.filename: taken.data for taken in self.taken}

"""What listeners need from the gateway, and nothing more: who may come in, and where to hand what arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from canonical.identity import PartnerId, ReceiptId
from spool.blobs import StagedBlob


@dataclass(frozen=True, slots=True)
class Arrival:
    """A whole file as it came. ``partner`` is who sent it as the transport knows; ``transport`` is ``sftp``, ``folder``, ..."""

    partner: PartnerId
    transport: str
    filename: str
    payload: StagedBlob
    remote: str | None = None


class Intake(Protocol):
    """Where a listener hands a whole file."""

    def receive(self, arrival: Arrival) -> ReceiptId:
        """Commit the receipt together with the work to be done on it; return only after that commit is durable.

        Raises a :class:`canonical.errors.TallyError` when it could not be kept; the listener then answers with a failure
        and the sender keeps the file.
        """
        ...


@dataclass(frozen=True, slots=True)
class SftpAccount:
    """Who may log in. ``public_keys`` are OpenSSH ``authorized_keys`` lines; ``password_hash`` an argon2 string or None.

    ``max_file_bytes`` bounds one upload. ``suspended`` accounts are refused as if they did not exist.
    """

    username: str
    partner: PartnerId
    public_keys: tuple[str, ...] = ()
    password_hash: str | None = None
    max_file_bytes: int = 1 << 30


class SftpAccounts(Protocol):
    """The accounts in force now; asked anew at each login, so that a change needs no restart."""

    def account(self, username: str) -> SftpAccount | None: ...


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file the partner uploaded, as its inbox goes on listing it."""

    filename: str
    size: int
    received_at: datetime


class Received(Protocol):
    """What a partner has uploaded lately (the latest version of each name), newest first."""

    def received(self, partner: PartnerId) -> Sequence[ReceivedFile]: ...

    def received_file(self, partner: PartnerId, filename: str) -> ReceivedFile | None: ...


class Collected(Protocol):
    """Told when a partner took a file out of its outbox: ``downloaded`` whole, or ``deleted``."""

    def collected(self, partner: PartnerId, filename: str, action: str) -> None: ...

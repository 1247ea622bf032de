"""Where the bodies of large messages are written that are continued when their transfer breaks off, and how many are kept for how long."""

import json
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog

from spool.clock import Clock

from ..as2.restart import Kept

AT_ONCE = 4
"""How many transfers of one partner there are at most, those under way with those that broke off."""

KEPT_FOR = timedelta(days=1)
"""How long after its beginning a transfer may be continued."""

_PART, _ABOUT, _WHOLE = ".part", ".json", ".whole"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Transfer:
    """What is continued, by the names its sender gives: AS2-From, AS2-To and ETag. Nobody else's names lead to it."""

    sender: str
    recipient: str
    name: str

    @property
    def filename(self) -> str:
        """Tells nothing, and is no path whatever the names are."""
        return sha256("\n".join((self.sender, self.recipient, self.name)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _About:
    transfer: Transfer
    message_id: str
    total: int | None
    begun_at: datetime


class Shelf:
    """Files of ``directory``, which is this process's alone: of each transfer what came of it, and beside it what it is. Of what broke off
    ``most`` bytes are kept of one partner.

    What a file says of itself is all there is, so that it outlives the process. How much came is the size of the file: it only ever
    grows at its end. When it is whole it is renamed, before anybody links or reads it as a payload, and never written again. Thread-safe.
    """

    def __init__(self, directory: Path, clock: Clock, most: int) -> None:
        self._directory = directory
        self._clock = clock
        self._most = most
        self._known: dict[Transfer, _About] = {}
        self._claimed: set[Transfer] = set()
        self._lock = threading.Lock()

    def open(self) -> None:
        """Find what an earlier process left; what was whole by then, or is of no use, goes."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = {path.name: path for path in self._directory.iterdir()}
        for path in found.values():
            if path.suffix == _ABOUT and f"{path.stem}{_PART}" in found:
                about = _read(path)
                if about is not None and about.transfer.filename == path.stem:
                    self._known[about.transfer] = about
        useful = {f"{each.filename}{suffix}" for each in self._known for suffix in (_PART, _ABOUT)}
        for name, path in found.items():
            if name not in useful:
                path.unlink()
        self.prune()

    def claim(self, transfer: Transfer) -> bool:
        """Have it for oneself until :meth:`release`; False where somebody has it."""
        with self._lock:
            if transfer in self._claimed:
                return False
            self._claimed.add(transfer)
            return True

    def is_claimed(self, transfer: Transfer) -> bool:
        with self._lock:
            return transfer in self._claimed

    def named(self, name: str) -> Transfer | None:
        """The only one of this name, whoever sends it; None where there is none, or are several."""
        with self._lock:
            found = [transfer for transfer in self._known if transfer.name == name]
        return found[0] if len(found) == 1 else None

    def kept(self, transfer: Transfer) -> Kept | None:
        """What came of it."""
        with self._lock:
            about = self._known.get(transfer)
        if about is None or not _is_young(about, self._clock.now()):
            return None
        return Kept(about.message_id, self._size(transfer), about.total)

    def path(self, transfer: Transfer) -> Path:
        """The file with what came."""
        return self._path(transfer, _PART)

    def begin(self, transfer: Transfer, message_id: str, total: int | None) -> Path | None:
        """A new file for one that was claimed and comes from its beginning; None where there is no place for another.

        What its sender began longest ago makes room. Raises OSError.
        """
        about = _About(transfer, message_id, total, self._clock.now())
        with self._lock:
            self._forget(transfer)
            if not self._make_room(transfer.sender, AT_ONCE - 1):
                return None
            # In this order: a file of which nothing is known goes at the next start.
            self._path(transfer, _PART).touch(mode=0o600, exist_ok=False)
            written = self._path(transfer, ".new")
            written.write_text(_written(about), "utf-8")
            written.rename(self._path(transfer, _ABOUT))
            self._known[transfer] = about
        return self._path(transfer, _PART)

    def seal(self, transfer: Transfer) -> Path:
        """It is whole: nobody continues it any more, whatever comes of it. The file is the caller's to remove."""
        whole = self._path(transfer, _WHOLE)
        with self._lock:
            self._path(transfer, _PART).rename(whole)
            self._forget(transfer)
        return whole

    def release(self, transfer: Transfer) -> None:
        """Whoever claimed it is done; what came of it is kept for the next, as far as there is room."""
        with self._lock:
            self._claimed.discard(transfer)
            self._make_room(transfer.sender, AT_ONCE)

    def prune(self) -> None:
        """Remove what is too old, to be called now and then; also what began in the future, by a clock that was put back since."""
        now = self._clock.now()
        with self._lock:
            for transfer, about in list(self._known.items()):
                if transfer not in self._claimed and not _is_young(about, now):
                    _log.info("as2.transfer_given_up", sender=transfer.sender, transfer=transfer.name)
                    self._forget(transfer)

    def _make_room(self, sender: str, most: int) -> bool:
        """Let go of a sender's oldest until there are ``most`` and few enough bytes; whether there are no more than ``most`` then."""
        mine = [about for about in self._known.values() if about.transfer.sender == sender]
        idle = sorted((each for each in mine if each.transfer not in self._claimed), key=lambda each: each.begun_at)
        count, size = len(mine), sum(self._size(each.transfer) for each in idle)
        for about in idle:
            if count <= most and size <= self._most:
                break
            count, size = count - 1, size - self._size(about.transfer)
            self._forget(about.transfer)
        return count <= most

    def _forget(self, transfer: Transfer) -> None:
        self._known.pop(transfer, None)
        for suffix in (_ABOUT, _PART):
            self._path(transfer, suffix).unlink(missing_ok=True)

    def _size(self, transfer: Transfer) -> int:
        with suppress(FileNotFoundError):
            return self._path(transfer, _PART).stat().st_size
        return 0

    def _path(self, transfer: Transfer, suffix: str) -> Path:
        return self._directory / f"{transfer.filename}{suffix}"


def _is_young(about: _About, now: datetime) -> bool:
    return about.begun_at <= now < about.begun_at + KEPT_FOR


def _written(about: _About) -> str:
    transfer = about.transfer
    return json.dumps(
        {
            "sender": transfer.sender,
            "recipient": transfer.recipient,
            "name": transfer.name,
            "message_id": about.message_id,
            "total": about.total,
            "begun_at": about.begun_at.isoformat(),
        }
    )


def _read(path: Path) -> _About | None:
    """None where the file is not whole: the machine went down while it was written."""
    try:
        given: dict[str, Any] = json.loads(path.read_text("utf-8"))
        transfer = Transfer(given["sender"], given["recipient"], given["name"])
        return _About(transfer, given["message_id"], given["total"], datetime.fromisoformat(given["begun_at"]))
    except (ValueError, KeyError, TypeError):
        return None

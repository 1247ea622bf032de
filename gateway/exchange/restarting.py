"""AS2 Restart as the receiver: what came of a large message is kept when its connection breaks, told of by HEAD, and continued by POST.

Around :class:`.receiving.As2Receiver`, which gets whole messages only and judges them as any other.
"""

from dataclasses import dataclass, field, replace

import structlog

from partners import registry

from ..as2 import restart
from ..as2.envelope import bare, message_id_objection, names_of, repeated
from ..as2.mime.headers import Headers
from ..as2.restart import RESTARTED_FROM, Refusal
from ..listeners.http import Answer, Begun, Head, Request, Stored, busy, nothing_to_be_seen, plain
from .door import refused_at_the_door
from .post import headers_of
from .receiving import As2Receiver
from .shelf import Shelf, Transfer

UNDER_WAY = "This transfer is still under way on another connection. Ask again."

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Receiving:
    """A transfer under way; ``total`` is how large the message is, where that is told."""

    transfer: Transfer
    total: int | None


@dataclass(frozen=True)
class Restarting:
    """A :class:`gateway.listeners.http.port.Handler`, the :class:`gateway.listeners.http.port.Keeper` of its bodies, and the page that says
    how much of them came."""

    receiver: As2Receiver
    shelf: Shelf
    _under_way: dict[int, _Receiving] = field(default_factory=dict, init=False)

    def admit(self, head: Head) -> Answer | None:
        return self.receiver.admit(head)

    def wants(self, head: Head) -> bool:
        """What may be kept, and what says that it is the rest of something."""
        if (head.length is None or head.length >= RESTARTED_FROM) and any(head.values(b"etag")):
            return True
        return next(head.values(b"content-range"), None) is not None

    def place(self, head: Head) -> Begun | Answer | None:
        headers = headers_of(head)
        part = restart.read_part(headers)
        if isinstance(part, Refusal):
            return _told(part)
        message_id, transfer = headers.get("message-id") or "", self._transfer(head, headers)
        if transfer is None:
            at = restart.begins_at(part, head.length, message_id, None)
            return _told(at) if isinstance(at, Refusal) else None
        if not self.shelf.claim(transfer):
            return busy(UNDER_WAY)
        begun = None
        try:
            at = restart.begins_at(part, head.length, message_id, self.shelf.kept(transfer))
            if isinstance(at, Refusal):
                return _told(at)
            total = restart.size_of(part, head.length)
            begun = self._begun(transfer, at, bare(message_id), total)
            if begun is not None:
                self._under_way[id(head)] = _Receiving(transfer, total)
            return begun
        finally:
            if begun is None:
                self.shelf.release(transfer)

    def answer(self, request: Request) -> Answer:
        """Have the whole message judged; after that it cannot be continued, whatever the judgement."""
        receiving = self._under_way.get(id(request.head))
        if receiving is None:
            return self.receiver.answer(request)
        whole = self.shelf.seal(receiving.transfer)
        try:
            if receiving.total not in (None, request.size):
                return plain(
                    400,
                    f"The message was to have {receiving.total} bytes and has {request.size}. Send it from its beginning.",
                )
            return self.receiver.answer(replace(request, path=whole))
        finally:
            whole.unlink(missing_ok=True)

    def ended(self, head: Head) -> None:
        receiving = self._under_way.pop(id(head), None)
        if receiving is not None:
            self.shelf.release(receiving.transfer)
            if (kept := self.shelf.kept(receiving.transfer)) is not None:
                _log.info("as2.transfer_kept", remote=head.peer.address, size=kept.size, total=kept.total)
        self.receiver.ended(head)

    def shown(self, head: Head) -> Answer:
        """A :class:`gateway.listeners.http.port.Page`: by HEAD and an ETag, how much of a transfer need not be sent again.

        To whoever may not continue it, it is as though there were nothing.
        """
        headers = headers_of(head)
        if head.method != "HEAD" or not headers.all("etag"):
            return nothing_to_be_seen()
        transfer = self._transfer(head, headers, kept=True)
        if transfer is None:
            return Answer(200)
        if self.shelf.is_claimed(transfer):
            return busy(UNDER_WAY)
        size = restart.offered(self.shelf.kept(transfer), headers.get("message-id"))
        try:
            stored = Stored(self.shelf.path(transfer).open("rb"), size)
        except FileNotFoundError:
            return Answer(200)
        return Answer(200, ((b"ETag", f'"{transfer.name}"'.encode()),), stored=stored)

    def _begun(self, transfer: Transfer, at: int, message_id: str, total: int | None) -> Begun | None:
        if at:
            _log.info("as2.transfer_continued", sender=transfer.sender, transfer=transfer.name, at=at)
            return Begun(self.shelf.path(transfer), at)
        path = self.shelf.begin(transfer, message_id, total)
        return None if path is None else Begun(path, 0)

    def _transfer(self, head: Head, headers: Headers, *, kept: bool = False) -> Transfer | None:
        """The transfer that a request names, where its partner is let in and restarts are agreed with it.

        With ``kept`` only one of which something is here, and also where a request names no parties, as some products ask.
        """
        name = restart.read_name(headers)
        if name is None or repeated(headers) is not None:
            return None
        envelope = names_of(headers)
        named = None
        if envelope.sender is not None and envelope.recipient is not None:
            named = Transfer(envelope.sender, envelope.recipient, name)
        elif kept and envelope.sender is None and envelope.recipient is None:
            named = self.shelf.named(name)
        if named is None or (kept and self.shelf.kept(named) is None):
            return None
        if not kept and message_id_objection(envelope.message_id) is not None:
            return None
        return named if self._is_agreed(named, head) else None

    def _is_agreed(self, transfer: Transfer, head: Head) -> bool:
        ourselves = self.receiver.agreements.ourselves.name
        with self.receiver.database.read() as session:
            applied = registry.by_as2_names(session, transfer.sender, transfer.recipient, ourselves)
        as2 = None if applied is None else applied.profile.as2
        if applied is None or as2 is None or not applied.profile.is_active or not as2.restart:
            return False
        return refused_at_the_door(as2, head, self.receiver.passwords) is None


def _told(refusal: Refusal) -> Answer:
    return plain(refusal.status, refusal.why)

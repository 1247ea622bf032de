"""Requests of one SFTP channel: paramiko's subsystem with bounds, and with answers that say what to do.

Differences to paramiko's own: ``check-file`` is off (its loop never ends on large files), ``posix-rename@openssh.com`` is
announced, a CLOSE counts only when the client sent it, extended attributes are not read (their count is the client's to
choose, up to four billion), lengths are bounded.
"""

from typing import Protocol

import paramiko
import structlog
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_EXTENDED,
    CMD_FSETSTAT,
    CMD_INIT,
    CMD_MKDIR,
    CMD_NAMES,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_SETSTAT,
    CMD_VERSION,
    SFTP_OK,
    SFTPError,
)

from canonical.errors import TallyError

from ..port import SftpAccount
from .files import PartnerFiles
from .handles import DownloadHandle, UploadHandle
from .limits import MAX_PACKET_BYTES
from .refusal import Refusal, failed, malformed, of_os_error, unsupported
from .services import FileServices

_log = structlog.get_logger(__name__)

_VERSION = 3
_POSIX_RENAME = "posix-rename@openssh.com"
_FLAG_EXTENDED = 0x80000000


class Owner(Protocol):
    """The session a channel belongs to."""

    def touch(self) -> None:
        """A request came: the session is not idle."""
        ...

    @property
    def ending(self) -> bool:
        """Whether we end the connection, so that nothing can be answered any more."""
        ...

    def handles_left(self) -> int: ...

    def channel_ended(self, channel: "SftpChannel") -> None: ...


class SftpChannel(paramiko.SFTPServer):
    """Works through the requests of one channel in a thread of its own, one after the other."""

    file_table: dict[bytes, UploadHandle | DownloadHandle]  # type: ignore[assignment]

    def __init__(
        self,
        channel: paramiko.Channel,
        session: paramiko.ServerInterface,
        owner: Owner,
        account: SftpAccount,
        remote: str,
        services: FileServices,
    ) -> None:
        super().__init__(channel, "sftp", session, PartnerFiles, account, remote, services)
        self._owner = owner
        self._account = account

    @property
    def handles(self) -> int:
        """How many files and folders are open."""
        return len(self.file_table) + len(self.folder_table)

    def finish_subsystem(self) -> None:
        try:
            super().finish_subsystem()
        finally:
            self._owner.channel_ended(self)

    # What follows overrides paramiko's internals, which have no public place for this.

    def _send_server_version(self) -> None:
        kind, _ = self._read_packet()
        if kind != CMD_INIT:
            raise SFTPError("The client did not begin with INIT.")
        message = paramiko.Message()
        message.add_int(_VERSION)
        message.add_string(_POSIX_RENAME)
        message.add_string("1")
        self._send_packet(CMD_VERSION, message)  # type: ignore[attr-defined]

    def _read_all(self, length: int) -> bytes:
        if length > MAX_PACKET_BYTES:
            raise SFTPError(f"A packet of {length} bytes is longer than we read.")
        return super()._read_all(length)  # type: ignore[misc, no-any-return]

    def _read_packet(self) -> tuple[int, bytes]:
        # What came before the client's break is worked through to the last CLOSE, but not before ours: nobody would hear of what was
        # kept then. An empty packet ends the session.
        kind, data = super()._read_packet()  # type: ignore[misc]
        if self._owner.ending:
            raise EOFError
        if not kind:
            raise SFTPError("The client sent an empty packet.")
        return kind, data

    def _process(self, kind: int, request: int, message: paramiko.Message) -> None:
        """Answer one request. This is the listener's edge: whatever goes wrong inside is answered and does not get out."""
        self._owner.touch()
        try:
            self._answer(kind, request, message)
        except Refusal as refusal:
            self._refuse(request, refusal)
        except UnicodeDecodeError:
            self._refuse(request, malformed("Names must be UTF-8; rename the file."))
        except TallyError as error:
            _log.error("sftp.request_failed", partner=self._account.partner, error=error.message)
            self._refuse(request, failed(error.partner_message))
        except OSError as error:
            if self.sock is None or self.sock.closed:
                return  # nobody is there to be answered
            _log.error("sftp.request_failed", partner=self._account.partner, error=str(error))
            self._refuse(request, of_os_error(error))
        except EOFError:
            raise
        except Exception:  # noqa: BLE001 - the edge
            _log.exception("sftp.request_crashed", partner=self._account.partner, kind=kind)
            self._refuse(request, failed("Something went wrong on our side; send it again later."))
        finally:
            self._owner.touch()

    def _answer(self, kind: int, request: int, message: paramiko.Message) -> None:
        if kind == CMD_CLOSE:
            self._close(request, message.get_binary())
            return
        if kind == CMD_EXTENDED:
            self._extended(request, message)
            return
        if kind not in CMD_NAMES:
            raise unsupported("This request is not supported here.")
        if kind in {CMD_OPEN, CMD_OPENDIR} and self._owner.handles_left() <= 0:
            raise failed("Too many files are open in this session; close some first.")
        if kind in {CMD_OPEN, CMD_MKDIR, CMD_SETSTAT, CMD_FSETSTAT}:
            self._check_attributes(kind, message.asbytes())
        super()._process(kind, request, message)  # type: ignore[misc]

    def _close(self, request: int, handle: bytes) -> None:
        """The client's own CLOSE. The handle is gone even when this fails: it cannot be closed twice."""
        file = self.file_table.pop(handle, None)
        if file is not None:
            file.finish()
        elif self.folder_table.pop(handle, None) is None:
            raise malformed("There is no such handle.")
        self._send_status(request, SFTP_OK)  # type: ignore[attr-defined]

    def _extended(self, request: int, message: paramiko.Message) -> None:
        if message.get_binary() != _POSIX_RENAME.encode():
            raise unsupported("This extension is not supported here.")
        answer = self.server.posix_rename(message.get_text(), message.get_text())
        self._send_status(request, answer)  # type: ignore[attr-defined]

    def _check_attributes(self, kind: int, packet: bytes) -> None:
        ahead = paramiko.Message(packet)
        ahead.get_int()
        subject = ahead.get_binary()
        if kind == CMD_FSETSTAT and subject not in self.file_table:
            raise malformed("There is no such handle.")
        if kind == CMD_OPEN:
            ahead.get_int()
        if ahead.get_int() & _FLAG_EXTENDED:
            raise unsupported("Extended attributes are not supported here.")

    def _refuse(self, request: int, refusal: Refusal) -> None:
        self._send_status(request, refusal.status, refusal.partner_message)  # type: ignore[attr-defined]

"""``/inbox``: partners put files here and see what they put, but read nothing back."""

import os

import paramiko
import structlog

from canonical.errors import TallyError
from canonical.identity import PartnerId

from ...filenames import is_temporary, objection
from ..port import Arrival, ReceivedFile, SftpAccount
from .attributes import SENT_MODE, attributes
from .handles import UploadHandle, refuse_resize
from .refusal import absent, denied, failed, malformed, of_os_error
from .services import FileServices
from .uploads import Upload

_log = structlog.get_logger(__name__)


class Inbox:
    """The inbox as one session sees it. A name stays listed, with its size, after the file was received."""

    def __init__(self, account: SftpAccount, remote: str, services: FileServices) -> None:
        self._account = account
        self._partner: PartnerId = account.partner
        self._remote = remote
        self._services = services
        self._writing: dict[str, Upload] = {}

    def open(self, name: str, flags: int) -> UploadHandle:
        if flags & (os.O_WRONLY | os.O_RDWR) == 0:
            raise denied("The inbox is for sending only; files in it cannot be read back.")
        if reason := objection(name):
            raise malformed(f"The name {reason}; send the file under another name.")
        upload = self._temporary(name, flags) if is_temporary(name) else self._final(name, flags)
        self._writing[name] = upload
        return UploadHandle(upload, flags, done=self._finish, dropped=self._drop)

    def list(self) -> list[paramiko.SFTPAttributes]:
        listed = {file.filename: _received(file) for file in self._services.received.received(self._partner)}
        for upload in (*self._services.temporaries.all_of(self._partner), *self._writing.values()):
            listed[upload.name] = attributes(upload.name, SENT_MODE, upload.size)
        return list(listed.values())

    def stat(self, name: str) -> paramiko.SFTPAttributes:
        upload = self._writing.get(name) or self._services.temporaries.find(self._partner, name)
        if upload is not None:
            return attributes(name, SENT_MODE, upload.size)
        received = None if objection(name) else self._services.received.received_file(self._partner, name)
        if received is None:
            raise absent(f"/inbox/{name}")
        return _received(received)

    def chattr(self, name: str, attr: paramiko.SFTPAttributes) -> None:
        """Times, modes and owners are accepted and not kept; a size is refused."""
        refuse_resize(attr, self.stat(name).st_size or 0)

    def remove(self, name: str) -> None:
        upload = self._services.temporaries.take(self._partner, name)
        if upload is None:
            self.stat(name)
            raise denied(f"{name!r} was received and cannot be taken back; ask us to cancel it.")
        upload.discard()

    def rename(self, old: str, new: str) -> None:
        """Give an upload another name; away from a temporary one, that makes it count."""
        if reason := objection(new):
            raise malformed(f"The new name {reason}; choose another.")
        upload = self._services.temporaries.take(self._partner, old)
        if upload is None:
            if old in self._writing:
                raise failed(f"{old!r} is still open; close it before you rename it.")
            self.stat(old)
            raise denied(f"{old!r} was received already and cannot be renamed.")
        if not is_temporary(new):
            self._publish_renamed(upload, new)
        else:
            upload.name = new
            self._services.temporaries.put(self._partner, upload)

    def _publish_renamed(self, upload: Upload, new: str) -> None:
        try:
            self._publish(upload, new)
        except BaseException:
            # It did not count: the client may try the rename again.
            self._services.temporaries.put(self._partner, upload)
            raise
        upload.discard()

    def _temporary(self, name: str, flags: int) -> Upload:
        if flags & os.O_EXCL and self._services.temporaries.find(self._partner, name) is not None:
            raise failed(f"{name!r} is there already.")
        before = self._services.temporaries.take(self._partner, name)
        if before is None and not flags & os.O_CREAT:
            raise absent(f"/inbox/{name}")
        if before is not None and not flags & os.O_TRUNC and not before.sealed:
            before.reopen()
            return before
        if before is not None:
            before.discard()
        return self._new(name)

    def _final(self, name: str, flags: int) -> Upload:
        in_place = flags & os.O_APPEND or not flags & os.O_CREAT
        exclusive = flags & os.O_EXCL
        known = self._services.received.received_file(self._partner, name) if in_place or exclusive else None
        if known is not None and in_place:
            raise denied(f"{name!r} was received already and cannot be continued; send the whole file again.")
        if known is not None:
            raise failed(f"{name!r} is there already.")
        if not flags & os.O_CREAT:
            raise absent(f"/inbox/{name}")
        return self._new(name)

    def _new(self, name: str) -> Upload:
        return Upload(self._services.staging, name, self._account.max_file_bytes)

    def _finish(self, upload: Upload) -> None:
        """At the explicit CLOSE: keep it under its temporary name, or make it count before the answer goes out."""
        self._forget(upload)
        if is_temporary(upload.name) and upload.problem() is None:
            self._services.temporaries.put(self._partner, upload)
            return
        try:
            self._publish(upload, upload.name)
        finally:
            upload.discard()

    def _publish(self, upload: Upload, name: str) -> None:
        """Commit the file under ``name``; raises a Refusal when it was not kept."""
        log = _log.bind(partner=self._partner, filename=name, size=upload.size)
        if problem := upload.problem():
            log.warning("sftp.upload_incomplete", problem=problem)
            raise failed(problem)
        upload.sealed = True
        try:
            staged = self._services.blobs.stage_file(upload.path)
            receipt = self._services.intake.receive(Arrival(self._partner, "sftp", name, staged, self._remote))
        except TallyError as error:
            log.error("sftp.upload_not_kept", error=error.message)
            raise failed(f"{error.partner_message} It was not received; send it again later.") from error
        except OSError as error:
            log.error("sftp.upload_not_kept", error=str(error))
            raise of_os_error(error) from error
        log.info("sftp.received", receipt=receipt, sha256=staged.digest)

    def _drop(self, upload: Upload) -> None:
        """The session ends with the file open: it was not whole."""
        self._forget(upload)
        _log.warning("sftp.upload_cut", partner=self._partner, filename=upload.name, size=upload.size)
        upload.discard()

    def _forget(self, upload: Upload) -> None:
        if self._writing.get(upload.name) is upload:
            del self._writing[upload.name]


def _received(file: ReceivedFile) -> paramiko.SFTPAttributes:
    return attributes(file.filename, SENT_MODE, file.size, file.received_at.timestamp())

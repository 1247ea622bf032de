"""A request that is answered with an SFTP status and a sentence instead of what it asked for."""

import errno

from paramiko.sftp import (
    SFTP_BAD_MESSAGE,
    SFTP_FAILURE,
    SFTP_NO_SUCH_FILE,
    SFTP_OP_UNSUPPORTED,
    SFTP_PERMISSION_DENIED,
)

from canonical.errors import Fault, TallyError


class Refusal(TallyError):
    """``status`` is an SFTP status code (draft-ietf-secsh-filexfer-02 §7); the message goes to the partner."""

    fault = Fault.PARTNER

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message, partner_message=message)
        self.status = status


def denied(message: str) -> Refusal:
    return Refusal(SFTP_PERMISSION_DENIED, message)


def absent(name: str) -> Refusal:
    return Refusal(SFTP_NO_SUCH_FILE, f"There is no {name!r}.")


def failed(message: str) -> Refusal:
    return Refusal(SFTP_FAILURE, message)


def malformed(message: str) -> Refusal:
    return Refusal(SFTP_BAD_MESSAGE, message)


def unsupported(message: str) -> Refusal:
    return Refusal(SFTP_OP_UNSUPPORTED, message)


def of_os_error(error: OSError) -> Refusal:
    """What a partner may know of an error of our disk: never a path."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return failed("There is no space left here now; keep the file and send it again later.")
    return failed("The file could not be stored; keep it and send it again later.")

"""Single SFTP requests, as clients other than paramiko's make them."""

import paramiko
import pytest


def refusal(operation: object, *arguments: object) -> str:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - paramiko raises IOError with the server's sentence
        operation(*arguments)  # type: ignore[operator]
    return str(caught.value)


def open_raw(client: paramiko.SFTPClient, path: str, flags: int) -> bytes:
    """A handle by an OPEN with flags of one's own (paramiko's client always adds some)."""
    kind, answer = client._request(paramiko.sftp.CMD_OPEN, path, flags, paramiko.SFTPAttributes())  # type: ignore[attr-defined]
    assert kind == paramiko.sftp.CMD_HANDLE
    return bytes(answer.get_binary())


def close_raw(client: paramiko.SFTPClient, handle: bytes) -> None:
    client._request(paramiko.sftp.CMD_CLOSE, handle)  # type: ignore[attr-defined]


def write_raw(client: paramiko.SFTPClient, handle: bytes, offset: int, data: bytes) -> None:
    client._request(paramiko.sftp.CMD_WRITE, handle, paramiko.sftp.int64(offset), data)  # type: ignore[attr-defined]


NEW = 0x02 | 0x08 | 0x10  # WRITE, CREAT, TRUNC
ON = 0x02 | 0x08  # WRITE, CREAT
APPEND = 0x02 | 0x04 | 0x08

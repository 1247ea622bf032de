"""SSH below SFTP: paramiko's transport with modern algorithms only, and bounds on what a stranger can make it keep."""

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import paramiko
from paramiko.common import MSG_CHANNEL_DATA, MSG_CHANNEL_EXTENDED_DATA
from paramiko.packet import Packetizer

from .limits import MAX_PACKET_BYTES

MAX_BANNER_BYTES = 16 * 1024
WINDOW_BYTES = 2 * 1024 * 1024

KEY_EXCHANGES = (
    "mlkem768x25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
)
CIPHERS = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")

LOG_CHANNEL = "tallystick.paramiko"
# paramiko writes tracebacks for whatever a port scanner sends. What matters of that we log ourselves when the connection ends.
logging.getLogger(LOG_CHANNEL).addHandler(logging.NullHandler())
logging.getLogger(LOG_CHANNEL).propagate = False


class BoundedPacketizer(Packetizer):
    """Refuses lengths and greetings that no client needs, before a byte of them is kept."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self._banner_bytes = 0

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        if n > MAX_PACKET_BYTES:
            raise paramiko.SSHException(f"A packet of {n} bytes is longer than the {MAX_PACKET_BYTES} we read.")
        return super().read_all(n, check_rekey)

    def start_handshake(self, timeout: float) -> None:
        """Nothing: the server's sweep ends slow handshakes, without a timer thread for each."""

    def _read_timeout(self, timeout: float) -> bytes:
        data: bytes = super()._read_timeout(timeout)  # type: ignore[misc]
        self._banner_bytes += len(data)
        if self._banner_bytes > MAX_BANNER_BYTES:
            raise paramiko.SSHException(f"The client greets with more than {MAX_BANNER_BYTES} bytes.")
        return data


def _feed(channel: paramiko.Channel, message: paramiko.Message) -> None:
    # paramiko does not hold the client to the window it was given: without this it could fill our memory.
    if len(channel.in_buffer) > 2 * WINDOW_BYTES:
        raise paramiko.SSHException("The client sends more than its window allows.")
    channel._feed(message)  # type: ignore[attr-defined]


def _ignore(channel: paramiko.Channel, message: paramiko.Message) -> None:
    """SFTP has no extended data; nobody would ever read it."""


class SftpTransport(paramiko.Transport):
    """One connection. ``ended`` is called in its thread when the connection is over, with the reason if it was no plain end."""

    # How often an idle connection looks whether it was closed; close() wakes it at once anyway.
    _active_check_timeout = 2.0
    _channel_handler_table: dict[int, Any] = {  # noqa: RUF012 - paramiko's own
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]
        MSG_CHANNEL_DATA: _feed,
        MSG_CHANNEL_EXTENDED_DATA: _ignore,
    }

    def __init__(self, sock: socket.socket, host_key: paramiko.PKey, ended: Callable[[Exception | None], None]) -> None:
        super().__init__(sock, default_window_size=WINDOW_BYTES, packetizer_class=BoundedPacketizer)
        self._connection = sock
        self._ended = ended
        self.local_version = "SSH-2.0-Tallystick"
        self.set_log_channel(LOG_CHANNEL)
        self.add_server_key(host_key)
        options = self.get_security_options()
        options.kex = [name for name in KEY_EXCHANGES if name in options.kex]
        options.ciphers = CIPHERS
        options.digests = MACS

    def run(self) -> None:
        try:
            super().run()
        finally:
            error = self.saved_exception
            self._ended(None if isinstance(error, EOFError) else error)

    def close(self) -> None:
        """End the connection now; whoever waits for its bytes wakes up."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        super().close()

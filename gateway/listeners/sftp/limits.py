"""What one address, one partner and everybody together may use up."""

from dataclasses import dataclass

MAX_PACKET_BYTES = 256 * 1024
"""Longest SSH or SFTP packet that is read into memory; clients send about 32 KiB, OpenSSH at most 256 KiB."""


@dataclass(frozen=True, slots=True)
class SftpLimits:
    """Times are in seconds. Temporary files are uploads under a temporary name, closed and not renamed yet."""

    connections: int = 256
    connections_per_address: int = 64
    connections_per_partner: int = 16
    channels_per_connection: int = 10
    handles_per_connection: int = 64
    password_attempts: int = 3
    password_workers: int = 2
    login_seconds: float = 20.0
    idle_seconds: float = 600.0
    temporaries_per_partner: int = 100
    temporary_seconds: float = 24 * 3600.0
    sweep_seconds: float = 1.0

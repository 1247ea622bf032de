"""What the HTTP server lets anybody use up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Times are in seconds, sizes in bytes. What is beyond a limit is refused with a reason, before it is kept."""

    connections: int = 512
    connections_per_address: int = 32
    requests: int = 128
    """Posts being received or worked on at the same time."""
    workers: int = 16
    """How many of them are worked on; the others are still coming in, or wait."""
    head_bytes: int = 32 * 1024
    fields: int = 100
    body_bytes: int = 1 << 30
    in_hand_bytes: int = 8 << 30
    """Of all bodies that are being received or worked on, and of what is made of them: what strangers may fill the disk with. A message of
    the largest size, decrypted, decompressed and verified, has room beside another."""
    memory_bytes: int = 64 * 1024
    """A body up to this size stays in memory."""
    head_seconds: float = 20.0
    """For the TLS handshake, and then for the whole head."""
    body_seconds: float = 3600.0
    """For the whole body; looked at whenever some of it comes."""
    pace_seconds: float = 30.0
    pace_bytes: int = 30 * 1024
    """Of a body this much must come in each ``pace_seconds``."""
    crowded_pace: int = 64 * 1024
    """Once half of ``requests`` are taken, each that comes ends the slowest of those whose bodies come with fewer bytes a second."""
    crowded_grace_seconds: float = 2.0
    """Before that a body is not judged by it."""
    idle_seconds: float = 75.0
    answer_seconds: float = 60.0
    """For the client to take its answer."""
    linger_seconds: float = 5.0
    """How long we listen on after an early refusal: a client that is still sending would otherwise never read it."""

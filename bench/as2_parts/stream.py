"""One large message, compressed, signed and encrypted: built and posted by one process, received by another."""

import argparse
import random
import socket
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from bench.pipeline_parts.figures import Figures
from canonical.identity import BlobDigest
from gateway.app import Gateway
from spool.receipts import Receipt

from .process import Child
from .trade import make_homes

GOAL_MB = 64.0
PIECE = 1 << 16


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """Memory is what each process had at its peak beyond what it had before, in MB of 1,000,000 bytes."""
    port = _free_port()
    homes = make_homes(root / "stream", compress="before-signing", url=f"http://127.0.0.1:{port}/as2")
    digest = _store(homes.supplier, arguments.megabytes * 1_000_000)
    with (
        Child("bench.as2_parts.receiver", str(homes.distributor), str(port)) as receiver,
        Child("bench.as2_parts.sender", str(homes.supplier)) as sender,
    ):
        receiver.answer()
        sender.answer()
        before = {"sender": sender.memory(), "receiver": receiver.memory()}
        cpu = receiver.cpu()
        sender.tell(digest)
        wall, sender_cpu = map(float, sender.answer().split())
        cpu = receiver.cpu() - cpu
        extra = {
            "sender": (sender.peak_memory() - before["sender"]) / 1e6,
            "receiver": (receiver.peak_memory() - before["receiver"]) / 1e6,
        }
    _demand_same(homes.distributor, digest)
    figures.say(
        f"one message of {arguments.megabytes} MB   {wall:.0f} s until its MDN was judged; "
        f"CPU of the sender {sender_cpu:.1f} s, of the receiver {cpu:.1f} s; stored with the right digest"
    )
    for name, megabytes in extra.items():
        figures.say(f"extra memory, {name:<8}{megabytes:8.0f} MB")
        figures.claim(f"stream_{name}_extra_memory", megabytes, goal=GOAL_MB, better="lower", unit="MB")
    figures.claim("stream_seconds", wall, better="lower", unit="s")


def _store(home: Path, size: int) -> str:
    """Put a file into the supplier's home; its digest."""
    with Gateway.open(home) as gateway:
        staged = gateway.blobs.stage_stream(_content(size))
        return str(gateway.database.write(lambda session: gateway.blobs.put(session, staged)))


def _content(size: int) -> Iterator[bytes]:
    """Digits, the same in every run, that compress to half: neither the compressed nor the plain side is small."""
    made = random.Random(size)
    while size > 0:
        data = made.randbytes(PIECE // 2).hex().encode()[:size]
        yield data
        size -= len(data)


def _demand_same(home: Path, digest: str) -> None:
    """Raises SystemExit where what is stored is not what was sent."""
    with Gateway.open(home) as gateway, gateway.database.read() as session:
        [kept] = session.scalars(select(Receipt.sha256)).all()
        for _ in gateway.blobs.chunks(session, BlobDigest(kept)):
            pass  # reading to the end verifies the digest
    if kept != digest:
        raise SystemExit(f"Sent was {digest}, stored is {kept}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""Invoices over SFTP with four senders: how long CLOSE takes, and what the whole server costs."""

import argparse
import threading
import time
from pathlib import Path

import paramiko

from .figures import Figures, percentile
from .invoices import invoice
from .server import PARTNER, PASSWORD, Server, sftp_home, wait_for

SENDERS = 4


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """All of the server's CPU counts here, encryption too."""
    home, count = sftp_home(root / "sftp"), arguments.documents
    closes: list[float] = []
    with Server(home) as server:
        cpu, wall = server.cpu(), time.perf_counter()
        threads = [
            threading.Thread(target=_upload, args=(server.port, range(first, count, SENDERS), closes))
            for first in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_for(home, documents=count, answers=count)
        wall, cpu = time.perf_counter() - wall, server.cpu() - cpu
    p50, p99 = (percentile(closes, percent) * 1e3 for percent in (50, 99))
    figures.say(f"pipeline over SFTP    {count / wall:8.1f} /s   {cpu / count * 1e3:7.3f} ms CPU each")
    figures.say(f"CLOSE answered        p50 {p50:.1f} ms   p99 {p99:.1f} ms; peak {server.peak / 1e6:.0f} MB")
    figures.claim("sftp_documents_a_cpu_second", count / cpu, better="higher", unit="documents/CPU s")
    figures.claim("sftp_close_p99", p99, goal=250, better="lower", unit="ms")


def _upload(port: int, numbers: range, closes: list[float]) -> None:
    with paramiko.Transport(("127.0.0.1", port)) as transport:
        transport.connect(username=PARTNER, password=PASSWORD)
        with paramiko.SFTPClient.from_transport(transport) as client:  # type: ignore[union-attr]
            for number in numbers:
                file = client.open(f"/inbox/invoice-{number}.edi", "wb")
                file.write(invoice(number + 1))
                start = time.perf_counter()
                file.close()
                closes.append(time.perf_counter() - start)

"""One large file over SFTP, from CLOSE until each of its documents is in the ERP's folder."""

import argparse
import time
from pathlib import Path

import paramiko

from .figures import Figures
from .invoices import write_big
from .server import PARTNER, PASSWORD, Server, sftp_home, wait_for

MEMORY_GOAL = 200.0


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """Memory is the server's at its peak, and before the file came."""
    home, path = sftp_home(root / "big"), root / "big.edi"
    documents = write_big(path, arguments.big_megabytes * 1_000_000)
    with Server(home) as server:
        idle = server.megabytes()
        with paramiko.Transport(("127.0.0.1", server.port)) as transport:
            transport.connect(username=PARTNER, password=PASSWORD)
            with paramiko.SFTPClient.from_transport(transport) as client:  # type: ignore[union-attr]
                client.put(str(path), "/inbox/big.edi", confirm=False)
        start = time.perf_counter()
        wait_for(home, documents=documents, answers=1)
        seconds = time.perf_counter() - start
    figures.say(
        f"one file of {arguments.big_megabytes} MB    {documents} documents in {seconds:.0f} s, "
        f"peak {server.peak / 1e6:.0f} MB ({idle:.0f} MB before)"
    )
    figures.claim("big_file_peak", server.peak / 1e6, goal=MEMORY_GOAL, better="lower", unit="MB")
    figures.claim("big_file_documents_a_second", documents / seconds, better="higher", unit="documents/s")

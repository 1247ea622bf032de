"""The supplier's sending as a process of its own: builds one message from a stored file, posts it and judges the MDN."""

import logging
import sys
import time
from pathlib import Path

from canonical.identity import BlobDigest
from gateway.app import Gateway
from gateway.logging import configure
from gateway.senders.port import Form, Parcel

from .trade import agreed


def main() -> None:
    """Ready; then, told the digest of a stored file, its wall and CPU seconds once its signed MDN proves it."""
    configure(json_lines=False, level=logging.ERROR)
    with Gateway.open(Path(sys.argv[1])) as gateway:
        applied, _ = agreed(gateway)
        print("ready", flush=True)
        for digest in sys.stdin:
            wall, cpu = time.perf_counter(), time.process_time()
            with gateway.database.read() as session:
                content = gateway.blobs.open(session, BlobDigest(digest.strip()))
            with content:
                effects = gateway.exchange.sender.send(applied, Parcel("bench", "invoice.edi", content, form=Form.X12))
            gateway.database.write(effects)
            print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)


if __name__ == "__main__":
    main()

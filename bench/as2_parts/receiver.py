"""The distributor's HTTP server as a process of its own, with nobody working on what is received: the receipt is what is measured."""

import logging
import sys
from pathlib import Path

from gateway.app import Gateway
from gateway.logging import configure


def main() -> None:
    """Say the port, and serve until standard input ends."""
    configure(json_lines=False, level=logging.ERROR)
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with Gateway.open(Path(sys.argv[1])) as gateway, gateway.reception.http(port) as server:
        print(server.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

"""AS2: what it costs to receive, to protect and to open a message, and how much memory a large one takes.

    ./tally bench as2 [--part receive|small|stream ...] [--messages N] [--megabytes N]

receive  10 KB of X12, signed (SHA-256) and encrypted (AES-256-CBC), over HTTP: receipt and MDN durable before the signed MDN goes back
         on the same connection. CPU seconds are the server's; nobody works on what was received. Beside it pyas2lib with the same
         messages and keys, parsing, making the MDN and writing both durably, without HTTP.
small    CPU to sign and encrypt, and to decrypt and verify, beside the bare primitives of `cryptography` (RSA, AES, SHA-256)
stream   one large message, compressed, signed and encrypted, from one process to another: memory of each beyond what it had before
"""

import argparse
import logging
import sys

from bench.as2_parts import receive, small, stream
from bench.pipeline_parts.figures import Part, run_parts
from gateway.logging import configure

PARTS: dict[str, Part] = {
    "receive": receive.measure,
    "small": small.measure,
    "stream": stream.measure,
}


def main() -> int:
    arguments = _arguments()
    configure(json_lines=False, level=logging.ERROR)
    return run_parts(PARTS, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="AS2: receiving beside pyas2lib, small messages, one large message.")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be given several times")
    parser.add_argument("--messages", type=int, default=200, help="messages of each round")
    parser.add_argument("--megabytes", type=int, default=500, help="size of the large message")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""The ledger: what an entry costs, how fast all of it is verified, and how long a proof takes.

    ./tally bench ledger [--part append|scan|proof ...] [--entries N] [--leaves N]

append  entries a CPU second from the outbox into the ledger, in batches of 100; beside it, in turns on the same disk, the same entries with
        their details put into the same tables unchained (a plain insert), and with nothing but the hash of the one before in each (a hash
        chain)
scan    entries a CPU second of `tally ledger verify`: with details and journal; and of the entries alone, their chains and their tree
proof   CPU to prove that an entry is in a ledger of so many, and that the ledger begins with an earlier one; bytes a leaf over the entry
"""

import argparse
import logging
import sys

from bench.ledger_parts import append, proof, scan
from bench.pipeline_parts.figures import Part, run_parts
from gateway.logging import configure

PARTS: dict[str, Part] = {
    "append": append.measure,
    "scan": scan.measure,
    "proof": proof.measure,
}


def main() -> int:
    arguments = _arguments()
    configure(json_lines=False, level=logging.ERROR)
    return run_parts(PARTS, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The ledger: appending beside a hash chain, scanning, proving.")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be given several times")
    parser.add_argument("--entries", type=int, default=20_000, help="entries of the parts append and scan")
    parser.add_argument("--leaves", type=int, default=1_000_000, help="entries of the part proof; try 10000000")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

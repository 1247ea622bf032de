"""The whole pipeline: a purchase order (850) of 20 lines received, validated, translated, acknowledged, recorded, given to the ERP folder.

    ./tally bench pipeline [--part NAME ...] [--documents N] [--stored N] [--processes N ...]

Everything is measured in one run, against two yardsticks on the same disk: a bare durable insert (one SQLite commit, WAL,
synchronous=FULL, of the same payload), and a bare queue (put in, take, mark done: three such commits). CPU seconds are those of all
processes of the gateway; of PostgreSQL, whose server is told apart, the client's. Ratios are to be compared, not absolute figures.

receipts  durable receipts a second before the answer, with 1, 8 and 64 senders; again on a disk whose fsync takes 2 ms longer
flow      documents a CPU second through the whole pipeline, on SQLite
nodes     the same on PostgreSQL with so many worker processes (where it is installed)
latency   from receipt to the 997 in the outbox, at 10, 50 and 100 documents a second
full      flow again in a home in which so many documents are stored already
sftp      invoices over SFTP with four senders: CLOSE to answer, and the server's memory
big       one large file over SFTP
"""

import argparse
import sys

from bench.pipeline_parts import big, flow, full, latency, nodes, receipts, sftp
from bench.pipeline_parts.figures import Part, run_parts
from bench.pipeline_parts.yardstick import yardsticks

PARTS: dict[str, Part] = {
    "receipts": receipts.measure,
    "flow": flow.measure,
    "nodes": nodes.measure,
    "latency": latency.measure,
    "full": full.measure,
    "sftp": sftp.measure,
    "big": big.measure,
}


def main() -> int:
    arguments = _arguments()
    return run_parts(PARTS, arguments, yardsticks)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The whole pipeline, against bare durable inserts and a bare queue.")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be given several times")
    parser.add_argument("--documents", type=int, default=400, help="documents of each measurement")
    parser.add_argument("--stored", type=int, default=1_000_000, help="documents stored before the part 'full'")
    parser.add_argument("--processes", type=int, action="append", help="worker processes on PostgreSQL; 1, 2 and 4")
    parser.add_argument("--big-megabytes", type=int, default=50)
    parser.add_argument(
        "--rates", type=int, nargs="+", default=latency.RATES, help="documents a second of the part 'latency'"
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each rate of the part 'latency' is held")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

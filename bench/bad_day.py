"""A bad day: what comes when something is wrong, and what the others feel of it.

    ./tally bench bad_day [--part flood|erp_down|big|quarantine ...] [--files N] [--documents N] [--database-url URL] ...

The sizes by default are those of a really bad day and take hours; docs/bad-day.md tells what was measured, and with which sizes. Besides
its figures each scenario checks its promise (nothing lost, nothing twice, order, balance) and ends with an error where that is broken.

flood       one partner sends many files at once; others send on: their time from receipt to 997, without and with the flood
erp_down    the ERP's folder refuses for a day while documents come, then returns: order, attempts, memory, the rate of catching up
big         one large interchange over SFTP while another partner sends on: memory, time, and the other's answers
quarantine  many files in quarantine: what `tally status`, `tally doc list` and a release of all of them cost

With ``--database-url`` the home of `flood`, `erp_down` and `quarantine` is on that PostgreSQL database, which must be empty: one part
a run.
"""

import argparse
import logging
import sys

from bench.bad_day_parts import big, erp_down, flood, quarantine
from bench.bad_day_parts.erp_down import Refusal
from bench.pipeline_parts.figures import Part, run_parts
from gateway.logging import configure

PARTS: dict[str, Part] = {
    "flood": flood.measure,
    "erp_down": erp_down.measure,
    "big": big.measure,
    "quarantine": quarantine.measure,
}


def main() -> int:
    arguments = _arguments()
    configure(json_lines=False, level=logging.ERROR)
    return run_parts(PARTS, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the others feel when something goes wrong.")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be given several times")
    parser.add_argument("--database-url", help="an empty PostgreSQL database instead of SQLite; with one --part")
    parser.add_argument("--files", type=int, default=50_000, help="files of the flood")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="how long the others send without the flood, and at least with it"
    )
    parser.add_argument("--drain", action="store_true", help="also wait until the whole flood is worked through")
    parser.add_argument("--documents", type=int, default=50_000, help="documents that come while the ERP is down")
    parser.add_argument("--hours", type=float, default=24.0, help="how long the ERP is down, by the injected clock")
    parser.add_argument(
        "--refusal", type=Refusal, choices=Refusal, default=Refusal.ABSENT, help="how the ERP's folder refuses"
    )
    parser.add_argument("--big-megabytes", type=int, default=1000)
    parser.add_argument("--big-lines", type=int, default=20, help="lines of each document in the large interchange")
    parser.add_argument("--quarantined", type=int, default=10_000, help="files in quarantine")
    arguments = parser.parse_args()
    if arguments.database_url and len(arguments.part or PARTS) > 1:
        parser.error("--database-url goes with one --part: each scenario needs an empty database")
    return arguments


if __name__ == "__main__":
    sys.exit(main())

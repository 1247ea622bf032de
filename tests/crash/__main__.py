"""Rounds of the crash test by the hundred: ``python -m tests.crash --rounds 100 [--seed N] [--database postgresql]``.

One line a round. The first round that fails ends it; its home is kept, and a round with the same seed trades the same files
and kills by the same plan, though not at the same instant.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic

from tests.postgresql import start_server

from . import cluster, full_disk, scenario, wrong_clock
from .stage import Round, discard

TROUBLES: dict[str, Callable[[int, Path], Round]] = {
    "kills": scenario.play,
    "full-disk": full_disk.play,
    "wrong-clock": wrong_clock.play,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; the next ones count up")
    parser.add_argument(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="postgresql: three nodes"
    )
    parser.add_argument("--trouble", choices=TROUBLES, default="kills", help="what befalls a server on SQLite")
    options = parser.parse_args()
    play = TROUBLES[options.trouble] if options.database == "sqlite" else partial(cluster.play, server=start_server(()))
    began = monotonic()
    total: Counter[str] = Counter()
    folder = Path(tempfile.mkdtemp(prefix="tally-crash-"))
    for number in range(options.rounds):
        seed = options.seed + number
        result = play(seed, folder / f"round-{seed}")
        say(f"{number + 1:4}/{options.rounds}  {result}")
        if result.faults:
            for fault in result.faults:
                say(f"    {fault}")
            say(f"FAILED in round {number + 1}; its home is {result.home}, its seed {seed}")
            return 1
        total.update(result.blows + result.figures)
        discard(result)
    folder.rmdir()
    figures = ", ".join(f"{count} {name}" for name, count in total.items())
    say(f"{options.rounds} rounds, all ok: {figures}, in {monotonic() - began:.0f} s")
    return 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

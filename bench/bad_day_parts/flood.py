"""One partner sends thousands of files at once; others send a file a second, and are to feel little of it."""

import argparse
import threading
import time
from pathlib import Path

from canonical.identity import ReceiptId
from gateway.app import Gateway

from ..pipeline_parts.figures import Figures, percentile
from .town import hand_in, order, require, town, wait_for_answers

FLOODER = "flooder"
OTHERS = ("beta", "cargo", "delta")
CONNECTIONS = 4
"""How many files the flooder hands in at a time."""

GOAL_GROWTH = 3.0


class Others:
    """Partners that each send a file a second until they are stopped, and when they began to hand in each."""

    def __init__(self, gateway: Gateway, first: int) -> None:
        self._gateway = gateway
        self._first = first
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=place) for place in enumerate(OTHERS)]
        self.begun: dict[ReceiptId, float] = {}

    def __enter__(self) -> "Others":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _send(self, place: int, partner: str) -> None:
        start = time.monotonic() + place / len(OTHERS)
        number = 0
        while not self._stopping.wait(max(0.0, start + number - time.monotonic())):
            data = order(partner, self._first + number, f"PO{self._first + number}")
            moment = time.time()
            filename = f"{self._first + number}.edi"
            self.begun[hand_in(self._gateway, partner, filename, data, intake=self._gateway.paced)] = moment
            number += 1


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """The others' time from receipt to 997, in the same run without the flood, and from its first file on."""
    count = arguments.files
    with town(root / "flood", (FLOODER, *OTHERS), database_url=arguments.database_url) as gateway:
        with gateway.working():
            with Others(gateway, first=1) as calm:
                time.sleep(arguments.seconds)
            without = wait_for_answers(gateway, calm.begun)
            with Others(gateway, first=1_000_001) as meanwhile:
                began = time.monotonic()
                flood(gateway, count)
                handed_in = time.monotonic() - began
                time.sleep(max(0.0, arguments.seconds - handed_in))
            during = wait_for_answers(gateway, meanwhile.begun)
            waiting = gateway.status().queue.open
            if arguments.drain:
                _drain(gateway)
        report = gateway.status()
    drained = f"all done after {time.monotonic() - began:.0f} s" if arguments.drain else f"{waiting} items left to do"
    figures.say(
        f"flood of {count} files   handed in at {count / handed_in:.0f} /s, {drained} when the others were answered"
    )
    _say_and_claim(without, during, figures)
    require(report.balance.holds, f"the balance does not hold: {report.balance}")


def _say_and_claim(without: list[float], during: list[float], figures: Figures) -> None:
    for when, seconds in (("without it", without), ("with it", during)):
        p50, p99 = (percentile(seconds, percent) * 1e3 for percent in (50, 99))
        figures.say(f"the others, {when:<10}  p50 {p50:.0f} ms   p99 {p99:.0f} ms   of {len(seconds)} files")
    growth = percentile(during, 99) / percentile(without, 99)
    figures.say(f"their p99 grew          {growth:.2f}x")
    figures.claim("flood_others_p99_growth", growth, goal=GOAL_GROWTH, better="lower", unit="x")
    figures.claim("flood_others_p99", percentile(during, 99) * 1e3, better="lower", unit="ms")


def flood(gateway: Gateway, count: int) -> None:
    """Hand in so many files of one partner as fast as the SFTP server takes them."""

    def send(first: int) -> None:
        for number in range(first, count + 1, CONNECTIONS):
            data = order(FLOODER, number, f"PO{number}")
            hand_in(gateway, FLOODER, f"{number}.edi", data, intake=gateway.paced)

    threads = [threading.Thread(target=send, args=(first,)) for first in range(1, CONNECTIONS + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _drain(gateway: Gateway) -> None:
    while gateway.status().queue.open:
        time.sleep(1.0)

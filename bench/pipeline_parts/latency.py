"""From the beginning of a receipt to its 997 in the partner's outbox, at a steady rate."""

import argparse
import threading
import time
from pathlib import Path

from sqlalchemy import select

from gateway.app import Gateway
from spool.transmissions import Transmission

from .figures import Figures, percentile
from .house import house, receive, wait_until_done

RATES = (10, 50, 100)
GOAL_MS = 250.0


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """At each rate, as far as the rate could be held; the rest says so."""
    for rate in arguments.rates:
        with house(root / f"latency-{rate}") as gateway:
            count = max(20, int(rate * arguments.seconds))
            held, seconds = _at_rate(gateway, rate, count)
        p50, p95, p99 = (percentile(seconds, percent) * 1e3 for percent in (50, 95, 99))
        note = "" if held > 0.95 * rate else f" (only {held:.0f} a second could be handed in)"
        figures.say(f"receipt to 997, {rate:>3} /s  p50 {p50:.0f} ms   p95 {p95:.0f} ms   p99 {p99:.0f} ms{note}")
        figures.claim(f"latency_p99_at_{rate}", p99, goal=GOAL_MS, better="lower", unit="ms")


def _at_rate(gateway: Gateway, rate: int, count: int) -> tuple[float, list[float]]:
    """The rate that was held, and each document's seconds."""
    begun: dict[str, float] = {}

    def hand_in(number: int) -> None:
        moment = time.time()
        begun[receive(gateway, number)] = moment

    with gateway.working():
        start = time.time()
        threads = []
        for number in range(1, count + 1):
            time.sleep(max(0.0, start + number / rate - time.time()))
            threads.append(threading.Thread(target=hand_in, args=(number,)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        held = count / (time.time() - start)
        wait_until_done(gateway, count)
    return held, _seconds(gateway, begun)


def _seconds(gateway: Gateway, begun: dict[str, float]) -> list[float]:
    """By the time of the file in the outbox: the partner can see it from then on."""
    columns = (Transmission.partner, Transmission.answers, Transmission.filename)
    with gateway.database.read() as session:
        answers = session.execute(select(*columns)).all()
    return [
        (gateway.home.sftp / row.partner / "outbox" / row.filename).stat().st_mtime - begun[row.answers]
        for row in answers
        if row.answers in begun
    ]

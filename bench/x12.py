"""The X12 engine beside a bare split of the same text: validation, canonical objects, writing, memory, and pyx12 on the same rules.

    ./tally bench x12 [--orders N] [--megabytes N ...] [--rounds N]

pyx12 judges a smaller file of the same kind, by maps generated from the same tables (extra ``pyx12``).

The input is made here: 004010 purchase orders of twenty lines, with the variety of real ones. The yardstick is
``[segment.split("*") for segment in text.split("~")]``: the least that any reader of X12 in Python has to do. All is CPU time in
one process, measured in turns so that a busy machine is busy for all; of each the least is taken. Memory is the
peak of a process of its own that does nothing but validate. A document's trace is made for those who look at it: "traced" does.
"""

import argparse
import datetime
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from canonical.order import PurchaseOrder
from gateway.second_opinion.pyx12_engine import Engine
from translators.x12.events import SetRead
from translators.x12.maps.po_850 import PURCHASE_ORDER
from translators.x12.reader import read
from translators.x12.write import Envelope, GroupToWrite, SetToWrite, interchange

LINES = 20
ORDERS_A_GROUP = 100
CHUNK = 1 << 16
VERSION = "004010"
ORDERS_FOR_PYX12 = 40
GOALS = {"validate": 5.0, "canonical": 8.0, "write": 5.0}


def main() -> int:
    arguments = _arguments()
    if arguments.peak is not None:
        sys.stdout.write(f"{_peak(arguments.peak)}\n")
        return 0
    text = "".join(_interchange(arguments.orders))
    _report(text, _ratios(text, arguments.rounds), _memory(arguments.megabytes))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The X12 engine beside a bare split.")
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--megabytes", type=int, nargs="*", default=[50, 500])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peak", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


# The input


def _interchange(orders: int) -> Iterator[str]:
    """An interchange of purchase orders, a piece at a time."""
    chance = random.Random(850)
    yield "ISA*00*          *00*          *ZZ*DISTRIBUTOR    *ZZ*RIVERMILL      *261120*0915*U*00401*000000042*0*P*>~"
    groups = range(0, orders, ORDERS_A_GROUP)
    for group, first in enumerate(groups, 1):
        numbers = range(first, min(first + ORDERS_A_GROUP, orders))
        yield f"GS*PO*DISTRIBUTOR*RIVERMILL*20261120*0915*{group}*X*{VERSION}~"
        for place, number in enumerate(numbers, 1):
            segments = _order(number, f"{place:04}", chance)
            yield "".join(f"{segment}~" for segment in segments)
        yield f"GE*{len(numbers)}*{group}~"
    yield f"IEA*{len(groups)}*000000042~"


def _order(number: int, control: str, chance: random.Random) -> list[str]:
    day = datetime.date(2026, 11, 20) + datetime.timedelta(days=chance.randrange(60))
    head = [
        f"ST*850*{control}", f"BEG*00*SA*PO{number:07}**20261120", "CUR*BY*USD", f"REF*DP*{chance.randrange(900) + 100}",
        "PER*BD*J SMITH*TE*5551234567", "FOB*PP", "ITD*01*3*2**10**30", f"DTM*002*{day:%Y%m%d}", "TD5*O*2*UPSN*M",
        f"N1*ST*WAREHOUSE {chance.randrange(40)}*92*{chance.randrange(9000) + 1000}",
        f"N3*{chance.randrange(900)} MAIN STREET", "N4*DAYTON*OH*45402*US",
    ]  # fmt: skip
    lines: list[str] = []
    total = 0
    for line in range(1, LINES + 1):
        quantity = chance.randrange(1, 500)
        total += quantity
        item, price = chance.randrange(100_000), f"{chance.randrange(100, 99_999) / 100:g}"
        lines += [
            f"PO1*{line}*{quantity}*{chance.choice(('EA', 'CA', 'BX'))}*{price}*PE*VP*TS-{item:06}*BP*{item * 7:08}",
            f"PID*F****{chance.choice(('STEEL BRACKET', 'HEX BOLT', 'HINGE', 'CASTER'))} {item % 977} MM",
            f"DTM*002*{day + datetime.timedelta(days=line % 4):%Y%m%d}",
        ]
    body = [*head, *lines, f"CTT*{LINES}*{total}"]
    return [*body, f"SE*{len(body) + 1}*{control}"]


# CPU


def _ratios(text: str, rounds: int) -> dict[str, float]:
    """CPU of each way of reading or writing, in terms of the bare split."""
    data = text.encode()
    documents = list(_canonical(data))
    ways: dict[str, Callable[[], object]] = {
        "split": lambda: [segment.split("*") for segment in text.split("~")],
        "split, nothing kept": lambda: _split_and_forget(text),
        "validate": lambda: sum(1 for _ in read(_chunks(data))),
        "canonical": lambda: sum(1 for _ in _canonical(data)),
        "canonical, traced": lambda: sum(len(document.trace) for document in _canonical(data)),
        "write": lambda: _write(documents),
    }
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            least[name] = min(least[name], _cpu(way))
    return {name: seconds / least["split"] for name, seconds in least.items()} | {
        "pyx12, validation": _pyx12(),
        "split MB/s": len(data) / 1e6 / least["split"],
    }


def _pyx12() -> float:
    """pyx12's validation of some orders, in terms of the bare split of the same ones."""
    text = "".join(_interchange(ORDERS_FOR_PYX12))
    groups = [("PO", VERSION)]
    with Engine() as engine:
        engine.judge("".join(_interchange(1)).encode(), groups)
        before = time.process_time()
        assert engine.judge(text.encode(), groups).accepted
        spent = time.process_time() - before
    split = min(_cpu(lambda: [segment.split("*") for segment in text.split("~")]) for _ in range(20))
    return spent / split


def _cpu(way: Callable[[], object]) -> float:
    before = time.process_time()
    result = way()
    spent = time.process_time() - before
    del result
    return spent


def _split_and_forget(text: str) -> None:
    for segment in text.split("~"):
        segment.split("*")


def _chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


def _canonical(data: bytes) -> Iterator[PurchaseOrder]:
    for event in read(_chunks(data)):
        if isinstance(event, SetRead):
            assert event.body is not None, event.findings
            document = PURCHASE_ORDER.read(event.body).document
            assert isinstance(document, PurchaseOrder)
            yield document


def _write(documents: list[PurchaseOrder]) -> bytes:
    sets = [
        SetToWrite("850", f"{number:04}", PURCHASE_ORDER.write(document, VERSION))
        for number, document in enumerate(documents, 1)
    ]
    moment = datetime.datetime(2026, 11, 20, 9, 15, tzinfo=datetime.UTC)
    group = GroupToWrite("PO", 1, VERSION, "DISTRIBUTOR", "RIVERMILL", sets)
    return interchange(Envelope("ZZ", "DISTRIBUTOR", "ZZ", "RIVERMILL", 42, moment), [group])


# Memory


@dataclass(frozen=True)
class Peak:
    """Megabytes of a file, and the most that validating it held resident."""

    file: float
    resident: float


def _memory(sizes: list[int]) -> list[Peak]:
    found = []
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as directory:
        for size in sizes:
            path = Path(directory) / f"{size}.edi"
            orders = size * 1_000_000 // len("".join(f"{segment}~" for segment in _order(1, "0001", random.Random(1))))
            with path.open("w", encoding="ascii") as file:
                file.writelines(_interchange(orders))
            command = [sys.executable, "-P", "-m", "bench.x12", "--peak", str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found.append(Peak(path.stat().st_size / 1e6, float(done.stdout)))
            path.unlink()
    return found


def _peak(path: Path) -> float:
    """Validate a file; the peak of this process in megabytes."""
    with path.open("rb") as file:
        for event in read(iter(lambda: file.read(CHUNK), b"")):
            assert not getattr(event, "findings", ()), event
    # Not getrusage: its figure begins with what the process that started this one held.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return float(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


# The report


def _report(text: str, ratios: dict[str, float], peaks: list[Peak]) -> None:
    print(
        f"{len(text) / 1e6:.1f} MB of 850 with {LINES} lines an order; the bare split takes {ratios['split MB/s']:.0f} MB/s"
    )
    for name, ratio in ratios.items():
        if name != "split MB/s":
            goal = f"   goal {GOALS[name]:g}" if name in GOALS else ""
            print(f"{name:22}{ratio:8.1f} x the split{goal}")
    for peak in peaks:
        print(f"{f'validating {peak.file:.0f} MB':22}{peak.resident:8.0f} MB resident   goal 60")
    claims = {
        name: {"value": round(ratios[name], 2), "goal": goal, "better": "lower", "unit": "x split"}
        for name, goal in GOALS.items()
    }
    claims |= {
        f"memory_{peak.file:.0f}MB": {"value": round(peak.resident, 1), "goal": 60, "better": "lower", "unit": "MB"}
        for peak in peaks
    }
    print(json.dumps(claims))


if __name__ == "__main__":
    sys.exit(main())

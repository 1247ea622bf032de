"""From SFTP CLOSE to the ERP's file and the 997: documents a second, latency, and memory for a 50 MB file, on SQLite.

    ./tally bench pipeline [--documents N] [--senders N] [--big-megabytes N]

The yardstick, in the same run and on the same disk, is a bare durable insert: one SQLite commit (WAL, synchronous=FULL) of
the same payload, which no gateway that keeps its promises can do without. Ratios are to be compared, not absolute figures.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import argon2
import paramiko
import psutil

from gateway.app import Gateway
from partners import templates

PARTNER = "acme"
PASSWORD = "bench"
LINES = 20
DEADLINE_SECONDS = 600.0


def main() -> int:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as directory:
        root = Path(directory)
        yardstick = _bare_inserts(root / "yardstick.db", _invoice(1), arguments.documents)
        home = _home(root / "home")
        with _Server(home) as server:
            flow = _flow(server, home, arguments.documents, arguments.senders)
        home = _home(root / "big")
        with _Server(home) as server:
            big = _big(server, home, root / "big.edi", arguments.big_megabytes)
    _report(arguments, yardstick, flow, big)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Receipt to ERP file and 997.")
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--big-megabytes", type=int, default=50)
    return parser.parse_args()


@dataclass(frozen=True)
class Yardstick:
    """Bare durable inserts a second, and CPU seconds each."""

    rate: float
    cpu: float


@dataclass(frozen=True)
class Flow:
    """Whole pipeline: documents a wall second, server CPU seconds each, seconds from first CLOSE to all done, peak MB."""

    rate: float
    cpu: float
    close_p50: float
    close_p99: float
    megabytes: float


@dataclass(frozen=True)
class Big:
    """One big file: its documents, seconds from CLOSE until every document is in the ERP folder, peak MB, MB before."""

    documents: int
    seconds: float
    megabytes: float
    idle_megabytes: float


def _bare_inserts(path: Path, payload: bytes, count: int) -> Yardstick:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE payload (id INTEGER PRIMARY KEY, data BLOB)")
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        connection.execute("INSERT INTO payload (data) VALUES (?)", (payload,))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    connection.close()
    return Yardstick(count / wall, cpu / count)


def _home(path: Path) -> Path:
    text = templates.render("x12-sftp", PARTNER)
    password = argon2.PasswordHasher().hash(PASSWORD)
    text = text.replace("max_file_size: 64MiB", f"max_file_size: 1GiB\n  password_hash: {password}")
    with Gateway.create(path) as gateway:
        (gateway.home.partners / f"{PARTNER}.yaml").write_text(text, "utf-8")
        loaded = gateway.load_profiles()
        assert not loaded.problems, loaded.problems
        gateway.apply(loaded.profiles)
    return path


class _Server:
    """``tally serve`` as a child process, with its peak memory sampled."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.peak = 0

    def __enter__(self) -> "_Server":
        command = [
            sys.executable,
            "-m",
            "gateway.cli.main",
            "--home",
            str(self._home),
            "--json",
            "serve",
            "--sftp-port",
            "0",
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self.port: int = json.loads(self._process.stdout.readline())["sftp"]["port"]
        self._watched = psutil.Process(self._process.pid)
        self._stop = threading.Event()
        self._sampler = threading.Thread(target=self._sample)
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._sampler.join()
        self._process.terminate()
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def cpu(self) -> float:
        times = self._watched.cpu_times()
        return float(times.user + times.system)

    def megabytes(self) -> float:
        return float(self._watched.memory_info().rss / 1e6)

    def _sample(self) -> None:
        while not self._stop.wait(0.05):
            self.peak = max(self.peak, self._watched.memory_info().rss)


def _flow(server: _Server, home: Path, count: int, senders: int) -> Flow:
    closes: list[float] = []
    cpu, start = server.cpu(), time.perf_counter()
    threads = [
        threading.Thread(target=_upload, args=(server.port, range(first, count, senders), closes))
        for first in range(senders)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _wait_for(home, invoices=count, answers=count)
    wall, cpu = time.perf_counter() - start, server.cpu() - cpu
    closes.sort()
    return Flow(count / wall, cpu / count, closes[len(closes) // 2], closes[int(len(closes) * 0.99)], server.peak / 1e6)


def _upload(port: int, numbers: range, closes: list[float]) -> None:
    with paramiko.Transport(("127.0.0.1", port)) as transport:
        transport.connect(username=PARTNER, password=PASSWORD)
        with paramiko.SFTPClient.from_transport(transport) as client:  # type: ignore[union-attr]
            for number in numbers:
                file = client.open(f"/inbox/invoice-{number}.edi", "wb")
                file.write(_invoice(number + 1))
                start = time.perf_counter()
                file.close()
                closes.append(time.perf_counter() - start)


def _big(server: _Server, home: Path, path: Path, megabytes: int) -> Big:
    documents = _write_big(path, megabytes * 1_000_000)
    idle = server.megabytes()
    with paramiko.Transport(("127.0.0.1", server.port)) as transport:
        transport.connect(username=PARTNER, password=PASSWORD)
        with paramiko.SFTPClient.from_transport(transport) as client:  # type: ignore[union-attr]
            client.put(str(path), "/inbox/big.edi", confirm=False)
    start = time.perf_counter()
    _wait_for(home, invoices=documents, answers=1)
    return Big(documents, time.perf_counter() - start, server.peak / 1e6, idle)


def _wait_for(home: Path, *, invoices: int, answers: int) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    outbox, out = home / "sftp" / PARTNER / "outbox", home / "erp" / "out"
    while time.monotonic() < deadline:
        if _count(out) >= invoices and _count(outbox) >= answers:
            return
        time.sleep(0.02)
    raise SystemExit(
        f"Only {_count(out)} of {invoices} invoices and {_count(outbox)} of {answers} answers came in time."
    )


def _count(directory: Path) -> int:
    if not directory.is_dir():
        return 0
    with os.scandir(directory) as entries:
        return sum(entry.is_file() and not entry.name.startswith(".") for entry in entries)


def _set(number: int) -> str:
    items = "".join(f"IT1*{line}*8*EA*2.5**VP*AB-{line:05d}*UP*012345678905~" for line in range(1, LINES + 1))
    return (
        f"ST*810*{number:09d}~BIG*20261121*INV{number}*20261120*PO{number}~{items}"
        f"TDS*{LINES * 2000}~CTT*{LINES}~SE*{LINES + 5}*{number:09d}~"
    )


def _head(number: int) -> str:
    return (
        f"ISA*00*          *00*          *ZZ*{PARTNER.upper():<15}*ZZ*{'OURCOMPANY':<15}*261121*0646*U*00401*{number:09d}*0*T*>~"
        f"GS*IN*{PARTNER.upper()}*OURCOMPANY*20261121*0646*{number}*X*004010~"
    )


def _invoice(number: int) -> bytes:
    return f"{_head(number)}{_set(number)}GE*1*{number}~IEA*1*{number:09d}~".encode()


def _write_big(path: Path, size: int) -> int:
    documents = 0
    with path.open("w", encoding="ascii") as file:
        file.write(_head(1))
        while file.tell() < size:
            documents += 1
            file.write(_set(documents))
        file.write(f"GE*{documents}*1~IEA*1*{1:09d}~")
    return documents


def _report(arguments: argparse.Namespace, yardstick: Yardstick, flow: Flow, big: Big) -> None:
    print(f"bare durable insert          {yardstick.rate:8.0f} /s   {yardstick.cpu * 1e3:8.3f} ms CPU each")
    print(
        f"receipt to ERP file and 997  {flow.rate:8.1f} /s   {flow.cpu * 1e3:8.3f} ms CPU each ({arguments.senders} senders)"
    )
    print(f"CLOSE answered               p50 {flow.close_p50 * 1e3:.1f} ms   p99 {flow.close_p99 * 1e3:.1f} ms")
    print(f"peak memory of that          {flow.megabytes:8.0f} MB")
    print(
        f"one file of {arguments.big_megabytes} MB          {big.documents} documents in {big.seconds:.0f} s, "
        f"peak {big.megabytes:.0f} MB ({big.idle_megabytes:.0f} MB before)"
    )
    claims = {
        "documents_a_second": _claim(flow.rate, None, "higher", "documents/s"),
        "documents_a_cpu_second": _claim(1 / flow.cpu, 100, "higher", "documents/CPU s"),
        "cpu_against_bare_insert": _claim(flow.cpu / yardstick.cpu, None, "lower", "ratio"),
        "close_p99": _claim(flow.close_p99 * 1e3, 250, "lower", "ms"),
        "big_file_peak": _claim(big.megabytes, 200, "lower", "MB"),
        "big_file_documents_a_second": _claim(big.documents / big.seconds, None, "higher", "documents/s"),
    }
    print(json.dumps(claims))


def _claim(value: float, goal: float | None, better: str, unit: str) -> dict[str, object]:
    return {"value": round(value, 3), "goal": goal, "better": better, "unit": unit}


if __name__ == "__main__":
    raise SystemExit(main())

"""One very large interchange over SFTP, while another partner sends a small one a second."""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import argon2
import paramiko

from ..pipeline_parts.figures import Figures, percentile
from ..pipeline_parts.server import PASSWORD, Server
from .town import head, invoice, invoice_body, require, town

BIG, SMALL = "acme", "beta"
MEMORY_GOAL = 200.0
SMALL_LINES = 20
DESCRIPTION = "HEXAGON HEAD SCREW M8 X 40 A2-70 FULL THREAD, BOX OF 100"
PATIENCE_SECONDS = 3600.0
"""How long nothing may come out: a file is read to its end before the first of its documents is taken in."""


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """From the CLOSE of the large file until each of its documents is at the ERP; memory is the server's at its peak, once both are
    logged in."""
    home, path = _home(root / "big"), root / "big.edi"
    count = write_big(path, arguments.big_megabytes * 1_000_000, arguments.big_lines)
    with Server(home) as server:
        idle = server.megabytes()
        with _connected(server.port, BIG) as client, _connected(server.port, SMALL) as other:
            # A login needs 64 MiB for a moment, to hash the password.
            logged_in, server.peak = server.peak, 0
            began = time.perf_counter()
            client.put(str(path), "/inbox/big.edi", confirm=False)
            uploaded = time.perf_counter() - began
            with Small(home, other) as small:
                began = time.perf_counter()
                _wait(home, BIG, count, 1)
                seconds = time.perf_counter() - began
    require(len(small.seconds) == small.sent, f"{small.sent} small files, {len(small.seconds)} answers")
    p50, p99 = (percentile(small.seconds, percent) for percent in (50, 99))
    figures.say(
        f"one file of {arguments.big_megabytes} MB       {count} documents of {arguments.big_lines} lines: uploaded in {uploaded:.0f} s, "
        f"done in {seconds:.0f} s: {count / seconds:.0f} documents/s"
    )
    figures.say(
        f"memory of the server    peak {server.peak / 1e6:.0f} MB with the file ({idle:.0f} MB before, {logged_in / 1e6:.0f} MB at a login)"
    )
    figures.say(f"another partner         CLOSE to 997 p50 {p50:.2f} s   p99 {p99:.2f} s   of {small.sent} files")
    figures.claim("big_peak", server.peak / 1e6, goal=MEMORY_GOAL, better="lower", unit="MB")
    figures.claim("big_documents_a_second", count / seconds, better="higher", unit="documents/s")
    figures.claim("big_others_p99", p99, better="lower", unit="s")


class Small:
    """The other partner: a file a second until it is stopped, and the seconds from each CLOSE to its answer."""

    def __init__(self, home: Path, client: paramiko.SFTPClient) -> None:
        self._outbox = home / "sftp" / SMALL / "outbox"
        self._client = client
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self.sent = 0
        self.seconds: list[float] = []

    def __enter__(self) -> "Small":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _send(self) -> None:
        while not self._stopping.wait(1.0):
            self.sent += 1
            data = invoice(SMALL, self.sent, f"INV{self.sent}", f"PO{self.sent}", lines=SMALL_LINES)
            began = time.time()
            with self._client.open(f"/inbox/{self.sent}.edi", "wb") as file:
                file.write(data)
            self._answered(began)

    def _answered(self, began: float) -> None:
        """The next file is sent only when this one is answered, so that the answers need no matching."""
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            answers = [path for path in self._outbox.iterdir() if not path.name.startswith(".")]
            if len(answers) >= self.sent:
                self.seconds.append(max(path.stat().st_mtime for path in answers) - began)
                return
            time.sleep(0.01)


def write_big(path: Path, size: int, lines: int) -> int:
    """Write one interchange of about ``size`` bytes; how many invoices of so many lines it has."""
    count = 0
    with path.open("w", encoding="ascii") as file:
        file.write(head(BIG, 1, "IN", "P"))
        while file.tell() < size:
            count += 1
            body = invoice_body(f"INV{count}", f"PO{count}", lines, DESCRIPTION)
            file.write(f"ST*810*{count:09d}~{body}SE*{body.count('~') + 2}*{count:09d}~")
        file.write(f"GE*{count}*1~IEA*1*{1:09d}~")
    return count


def _home(root: Path) -> Path:
    """A home with two partners that may log in and send files of any size."""
    with town(root, (BIG, SMALL)) as gateway:
        password = argon2.PasswordHasher().hash(PASSWORD)
        for partner in (BIG, SMALL):
            profile = gateway.home.partners / f"{partner}.yaml"
            terms = f"sftp:\n  password_hash: {password}\n  max_file_size: 2GiB"
            profile.write_text(profile.read_text("utf-8").replace("sftp: {}", terms), "utf-8")
        loaded = gateway.load_profiles()
        assert not loaded.problems, loaded.problems
        gateway.apply(loaded.profiles)
    return root


@contextmanager
def _connected(port: int, partner: str) -> Iterator[paramiko.SFTPClient]:
    with paramiko.Transport(("127.0.0.1", port)) as transport:
        transport.connect(username=partner, password=PASSWORD)
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        with client:
            yield client


def _wait(home: Path, partner: str, documents: int, answers: int) -> None:
    """Take what the ERP is given, as it would, until so many documents of the partner came and so many answers are in its outbox, for as
    long as there is progress."""
    out, outbox = home / "erp" / "out", home / "sftp" / partner / "outbox"
    taken, since = 0, time.monotonic()
    while time.monotonic() - since < PATIENCE_SECONDS:
        given = list(out.glob(f"Invoice-{partner}-*.json"))
        for path in given:
            path.unlink()
        if given:
            taken, since = taken + len(given), time.monotonic()
        if taken >= documents and any(outbox.iterdir()) >= answers:
            require(taken == documents, f"{documents} documents were sent, and {taken} given to the ERP")
            return
        time.sleep(0.5)
    raise SystemExit(
        f"Only {taken} of {documents} documents were done, and none in {PATIENCE_SECONDS / 60:.0f} minutes."
    )

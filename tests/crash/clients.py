"""Those who send while the server dies under them: SFTP clients, a program that drops files, an ERP.

Each does what a real one does. What was not answered is sent again, the same bytes under the same name; what was answered is
not. The notes each one keeps are what the count at the end is held against.
"""

import errno
import logging
import os
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko

from gateway.filenames import is_temporary
from tests.gateway.listeners.sftp.raw import NEW, close_raw, open_raw, write_raw

from .trade import ACME, OrderFile, Parcel, Route, Trade

PIECE = 32 * 1024
PATIENCE = 20.0
"""Seconds after which a connection that answers nothing is given up."""

FIRST_ANSWER = 1_000_000
"""Control numbers of acme's 997s begin beyond those of its other files."""

Key = tuple[str, str, str]
"""Partner, file name, SHA-256."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message of ours as the partner took it in; ``posted`` is the SHA-256 of what was posted."""

    filename: str
    data: bytes = field(repr=False)
    posted: str


@dataclass
class Notes:
    """What the senders know, from all threads.

    ``attempts`` counts what may have been received, ``answered`` what was. ``taken`` is what came over AS2 by Message-ID; ``mdns_due``
    are the Message-IDs whose MDNs come on connections of their own, and ``mdns_seen`` those of all that came. ``senders`` is how many still
    send. ``refusals`` says whether a failure for an answer is to be expected, ``refused`` counts those.
    """

    refusals: bool = False

    parcels: dict[Key, Parcel] = field(default_factory=dict)
    attempts: Counter[Key] = field(default_factory=Counter)
    answered: Counter[Key] = field(default_factory=Counter)
    fetched: dict[str, bytes] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    taken: dict[str, Taken] = field(default_factory=dict)
    mdns_due: set[str] = field(default_factory=set)
    mdns_seen: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    senders: int = 0
    refused: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def attempt(self, parcel: Parcel) -> Key:
        key = (parcel.partner, parcel.filename, parcel.digest)
        with self.changed:
            self.parcels[key] = parcel
            self.attempts[key] += 1
            self.changed.notify_all()
        return key

    def answer(self, key: Key) -> None:
        with self.changed:
            self.answered[key] += 1
            self.changed.notify_all()

    def refuse(self, text: str) -> None:
        """Somebody got a failure for an answer."""
        if not self.refusals:
            self.problem(text)
            return
        with self.changed:
            self.refused += 1

    def mdn_due(self, message_id: str) -> None:
        with self.changed:
            self.mdns_due.add(message_id)

    def mdn_seen(self, message_id: str) -> None:
        with self.changed:
            self.mdns_seen.add(message_id)

    def problem(self, text: str) -> None:
        with self.changed:
            self.problems.append(text)
            self.changed.notify_all()

    def finished(self) -> None:
        """Somebody has nothing more to send."""
        with self.changed:
            self.senders -= 1
            self.changed.notify_all()

    def wait_for(self, counter: "Counter[Key]", more: int, seconds: float) -> None:
        """Until ``attempts`` or ``answered`` has grown by so many, nobody sends any more, or the time is over."""
        with self.changed:
            goal = counter.total() + more
            self.changed.wait_for(lambda: counter.total() >= goal or not self.senders, seconds)


class Address:
    """Where servers are in their present lives."""

    def __init__(self) -> None:
        self._ports: dict[str, int] = {}
        self._life = 0
        self._over = False
        self._changed = threading.Condition()

    def publish(self, node: str, port: int) -> None:
        with self._changed:
            self._ports[node] = port
            self._life += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody is to try any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    @property
    def over(self) -> bool:
        return self._over

    def after(self, life: int) -> tuple[int, int]:
        """The port of a server and the number of a life later than ``life``; after a moment, of the same one, as connections
        also break. Of several servers, one or the other, dead or alive: whoever balances load learns later."""
        with self._changed:
            self._changed.wait_for(lambda: self._life > life or self._over, 0.1 if life else None)
            return random.choice([*self._ports.values()] or [0]), self._life


Errand = Callable[[paramiko.SFTPClient], bool]
"""Does something in one session; whether there is more to do in another one."""


class SftpClient(threading.Thread):
    """Runs an errand in one session after the other until it is done."""

    def __init__(self, username: str, login: Callable[[paramiko.Transport], object], address: Address, notes: Notes):
        super().__init__(name=f"client-{username}", daemon=True)
        self._login = login
        self._address = address
        self.notes = notes
        notes.senders += 1

    def run(self) -> None:
        try:
            self._run()
        finally:
            self.notes.finished()

    def _run(self) -> None:
        life = 0
        more = True
        while more and not self._address.over:
            port, life = self._address.after(life)
            try:
                with self._session(port) as session:
                    more = self._use(session)
            except (OSError, EOFError, paramiko.SSHException):
                continue  # it died, or nobody listens yet
            except BaseException as error:
                self.notes.problem(f"{self.name}: {error!r}")
                raise

    def _use(self, session: paramiko.SFTPClient) -> bool:
        try:
            return self.errand(session)
        except OSError as error:
            channel = session.get_channel()
            if channel is not None and channel.get_transport().is_active() and str(error) != "Socket is closed":
                self.notes.refuse(f"{self.name} was refused: {error}")
            raise

    def errand(self, session: paramiko.SFTPClient) -> bool:
        raise NotImplementedError

    @contextmanager
    def _session(self, port: int) -> Iterator[paramiko.SFTPClient]:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            transport = paramiko.Transport(connection)
            try:
                transport.start_client(timeout=PATIENCE)
                self._login(transport)
                session = paramiko.SFTPClient.from_transport(transport)
                assert session is not None
                channel = session.get_channel()
                assert channel is not None
                channel.settimeout(PATIENCE)
                yield session
            finally:
                transport.close()
                transport.join(PATIENCE)

    def send(self, session: paramiko.SFTPClient, parcel: Parcel) -> None:
        """Upload one file. It is answered when the answer to its CLOSE, or to its rename, has come."""
        renamed = parcel.route is Route.RENAME
        upload = f"/inbox/{temporary_name(parcel.filename)}" if renamed else f"/inbox/{parcel.filename}"
        handle = open_raw(session, upload, NEW)
        for start in range(0, len(parcel.data), PIECE):
            write_raw(session, handle, start, parcel.data[start : start + PIECE])
        if renamed:
            close_raw(session, handle)
        key = self.notes.attempt(parcel)
        if renamed:
            session.rename(upload, f"/inbox/{parcel.filename}")
        else:
            close_raw(session, handle)
        self.notes.answer(key)


def temporary_name(filename: str) -> str:
    """As one client or another does it."""
    name = [f".{filename}", f"{filename}.filepart", f"{filename}.tmp", f"{filename}.part"][len(filename) % 4]
    assert is_temporary(name)
    return name


class Supplier(SftpClient):
    """Sends files one after the other. Of some, its line breaks after the first half, once: that half must never count."""

    def __init__(self, parcels: Sequence[Parcel], *client: Any) -> None:
        super().__init__(*client)
        self._left = list(parcels)
        self._unlucky = {parcel.filename for parcel in self._left[::5] if parcel.route is Route.CLOSE}

    def errand(self, session: paramiko.SFTPClient) -> bool:
        while self._left:
            parcel = self._left[0]
            if parcel.filename in self._unlucky:
                self._unlucky.discard(parcel.filename)
                self._break_off(session, parcel)
                return True
            self.send(session, parcel)
            del self._left[0]
        return False

    def _break_off(self, session: paramiko.SFTPClient, parcel: Parcel) -> None:
        handle = open_raw(session, f"/inbox/{parcel.filename}", NEW)
        write_raw(session, handle, 0, parcel.data[: min(len(parcel.data) // 2, PIECE)])
        channel = session.get_channel()
        assert channel is not None
        channel.get_transport().close()


class OrderDesk(SftpClient):
    """Acme's other program: fetches orders from the outbox, answers each with a 997, removes some of them afterwards."""

    def __init__(self, trade: Trade, expected: int, seed: int, *client: Any) -> None:
        super().__init__(*client)
        self._trade = trade
        self._expected = expected
        self._random = random.Random(seed)
        self._answered: set[str] = set()
        self._papers: dict[str, Parcel] = {}

    def errand(self, session: paramiko.SFTPClient) -> bool:
        while len(self._answered) < self._expected:
            names = [name for name in session.listdir("/outbox") if name.startswith("850_")]
            for name in sorted(set(names) - self._answered):
                self._deal_with(session, name)
            channel = session.get_channel()
            assert channel is not None
            if not channel.get_transport().is_active() or self._hold_on():
                return True
        return False

    def _hold_on(self) -> bool:
        """Until somebody got an answer or a moment has passed: orders come as they come. Whether everything is over."""
        self.notes.wait_for(self.notes.answered, 1, 0.05)
        return self._address.over

    def _deal_with(self, session: paramiko.SFTPClient, name: str) -> None:
        with session.open(f"/outbox/{name}") as file:
            data = file.read()
        with self.notes.changed:
            if self.notes.fetched.setdefault(name, data) != data:
                self.notes.problems.append(f"{name} was fetched twice with different bytes")
        if name not in self._papers:
            self._papers[name] = self._answer(data)
        self.send(session, self._papers[name])
        self._answered.add(name)
        if self._random.random() < 0.5:
            with self.notes.changed:
                self.notes.removed.add(name)
            session.remove(f"/outbox/{name}")

    def _answer(self, data: bytes) -> Parcel:
        segments = [segment.split("*") for segment in data.decode().replace("\n", "").split("~")]
        group = next(segment for segment in segments if segment[0] == "GS")
        sets = [(segment[1], segment[2]) for segment in segments if segment[0] == "ST"]
        return self._trade.answer(FIRST_ANSWER + len(self._papers), (group[1], group[6]), sets)


class Dropper(threading.Thread):
    """Puts files into a folder as programs that know how do it: hidden while they are written, then renamed."""

    def __init__(self, files: Sequence[tuple[Path, bytes]], between: Callable[[], object]) -> None:
        super().__init__(name="dropper", daemon=True)
        self._files = files
        self._between = between

    def run(self) -> None:
        for path, data in self._files:
            self._between()
            while not _drop(path, data):
                self._between()


def _drop(path: Path, data: bytes) -> bool:
    """Whether the disk had room for it."""
    hidden = path.with_name(f".{path.name}")
    try:
        hidden.write_bytes(data)
        # Long ago, so that what cannot be read is known to be no file that still grows.
        os.utime(hidden, (1_000_000_000, 1_000_000_000))
        hidden.rename(path)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


def paced(notes: Notes, seed: int) -> Callable[[], object]:
    """What a dropper does between two files: waits until some others were answered, or a moment."""
    generator = random.Random(seed)
    return lambda: notes.wait_for(notes.answered, generator.randrange(5), 0.2)


def drops(notes: Notes, parcels: Sequence[Parcel], folder: Path) -> list[tuple[Path, bytes]]:
    """Files for a watched folder. They count as answered: whoever drops a file never hears more."""
    for parcel in parcels:
        notes.answer(notes.attempt(parcel))
    return [(folder / parcel.filename, parcel.data) for parcel in parcels]


def order_drops(files: Sequence[OrderFile], folder: Path) -> list[tuple[Path, bytes]]:
    return [(folder / file.filename, file.data) for file in files]


def acme(key: paramiko.PKey) -> Callable[[paramiko.Transport], object]:
    return lambda transport: transport.auth_publickey(ACME, key)


def password(username: str, text: str) -> Callable[[paramiko.Transport], object]:
    return lambda transport: transport.auth_password(username, text)


def silence_paramiko() -> None:
    """Broken connections are what this is about; paramiko would tell each one with a traceback."""
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)

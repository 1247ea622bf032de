"""The set: a home with its partners in force, the keys and passwords their suppliers come with, and those suppliers."""

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import argon2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from canonical.errors import Misconfigured
from partners.certificates import Use
from spool.journal import OURSELVES

from ..app import Gateway, Service
from ..certificates.changes import KEEP_PREVIOUS
from ..certificates.making import make_key, subject
from ..home import Home
from ..settings import TOML_NAME
from . import scenario
from .supplier.as2_account import OWN_CERTIFICATE, OWN_KEY, THEIR_CERTIFICATE

_PROFILES = resources.files(__package__) / "profiles"
_TOML = """# Settings of the demo's home. The ERP is asked often, so that nobody waits.
erp_poll_seconds = 0.1
folder_scan_seconds = 2
http_port = {port}
as2_id = "{name}"
as2_url = "http://127.0.0.1:{port}/as2"
"""
KEY_BITS = 2048
KEY_DAYS = 365


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where each supplier keeps what it comes with; in the demo's home, so that a person can use it too.

    ``station_port`` is where Tamarack listens.
    """

    folder: Path
    station_port: int

    @property
    def key(self) -> Path:
        return self.folder / "rivermill_ed25519"

    @property
    def password(self) -> Path:
        return self.folder / "huber_password"

    @property
    def station(self) -> Path:
        """Tamarack's AS2 station."""
        return self.folder / "tamarack"


def prepare(root: Path) -> Credentials:
    """Write settings and profiles into a new home, with fresh keys and passwords.

    Raises Misconfigured where the directory is in use: the demo's partners must not get among real ones.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise Misconfigured(
            f"The demo needs a home of its own, and {root} is in use. Name a directory that is new or empty, or none at all."
        )
    home = Home(root)
    home.create()
    # Each side must know the other's URL before either listens.
    ours, theirs = _free_ports()
    (root / TOML_NAME).write_text(_TOML.format(port=ours, name=scenario.OUR_AS2_NAME), "utf-8")
    credentials = Credentials(root / "demo", theirs)
    credentials.station.mkdir(mode=0o700, parents=True)
    _profile(home, scenario.RIVERMILL, {"public_key": _new_key(credentials.key)})
    _profile(home, scenario.HUBER, {"password_hash": _new_password(credentials.password)})
    _profile(home, scenario.TAMARACK, {"url": f"http://127.0.0.1:{theirs}/as2"})
    return credentials


def open_for_business(gateway: Gateway, credentials: Credentials) -> None:
    """Put the profiles in force, as ``tally partner apply`` does, and exchange certificates with the partner over AS2."""
    loaded = gateway.load_profiles()
    if loaded.problems:
        raise Misconfigured("\n".join(str(problem) for problem in loaded.problems))
    gateway.apply(loaded.profiles)
    ours = gateway.custody.generate(
        subject("Tally Distribution", None), bits=KEY_BITS, days=KEY_DAYS, begins=None, by=OURSELVES
    )
    theirs = make_key(subject("Tamarack Hardware", None), bits=KEY_BITS, days=KEY_DAYS, now=gateway.clock.now())
    certificate = theirs.certificate
    gateway.custody.take(
        scenario.TAMARACK, certificate, use=Use.BOTH, begins=None, keep_previous=KEEP_PREVIOUS, by=OURSELVES
    )
    station = credentials.station
    _write_secret(
        station / OWN_KEY, theirs.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (station / OWN_CERTIFICATE).write_bytes(certificate.x509.public_bytes(Encoding.PEM))
    (station / THEIR_CERTIFICATE).write_text(ours.pem, "ascii")


def hand_in_order(gateway: Gateway, number: str, data: bytes) -> None:
    """Drop a file of orders for the gateway as an ERP does: hidden while it is written, then renamed."""
    folder = gateway.home.erp / "in"
    hidden = folder / f".{number}.json"
    hidden.write_bytes(data)
    hidden.rename(folder / f"{number}.json")


def _profile(home: Home, partner: str, values: Mapping[str, str]) -> None:
    text = (_PROFILES / f"{partner}.yaml").read_text("utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    (home.partners / f"{partner}.yaml").write_text(text, "utf-8")


def _new_key(path: Path) -> str:
    key = Ed25519PrivateKey.generate()
    _write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return f"{public.decode('ascii')} edi@rivermill"


def _new_password(path: Path) -> str:
    password = secrets.token_urlsafe(16)
    _write_secret(path, password.encode("ascii") + b"\n")
    return argon2.PasswordHasher().hash(password)


def _free_ports() -> tuple[int, int]:
    """Two that nobody listens on now."""
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def _write_secret(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


class Supplier:
    """A supplier's process. ``words`` is everything it said so far."""

    def __init__(self, name: str, process: "subprocess.Popen[str]", complaint: Path) -> None:
        self.name = name
        self.words: list[dict[str, Any]] = []
        self._process = process
        self._complaint = complaint
        self._said: SimpleQueue[str] = SimpleQueue()
        self._listener = Thread(target=self._listen, name=f"listen-{name}", daemon=True)
        self._listener.start()

    def hear(self) -> Iterator[dict[str, Any]]:
        """What it said since the last time."""
        while not self._said.empty():
            word = json.loads(self._said.get())
            self.words.append(word)
            yield word

    def said(self, event: str) -> bool:
        """Whether it said something of this kind so far."""
        return any(word["event"] == event for word in self.words)

    @property
    def ended(self) -> bool:
        """Whether it is gone, and everything it said can be heard."""
        return self._process.poll() is not None and not self._listener.is_alive()

    @property
    def failure(self) -> str | None:
        """Why it gave up, in its own words; None while it works and when it ended well."""
        code = self._process.poll()
        if code in (None, 0):
            return None
        told = self._complaint.read_text("utf-8", "replace").strip().splitlines()
        return told[-1] if told else f"It ended with code {code}."

    def end(self) -> None:
        """End the process if it still runs, and wait until it is gone."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._listener.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._said.put(line)


@contextmanager
def suppliers(service: Service, host_key: str, credentials: Credentials, patience: float) -> Iterator[list[Supplier]]:
    """All suppliers at work; whatever happens, their processes end with the block."""
    sftp = ["--host", service.host, "--port", str(service.sftp_port), "--host-key", host_key]
    as2 = ["--port", str(credentials.station_port), "--as2-url", f"http://{service.host}:{service.http_port}/as2"]
    names = ["--as2-name", scenario.TAMARACKS_AS2_NAME, "--as2-gateway", scenario.OUR_AS2_NAME]
    calls = {
        scenario.RIVERMILL: ["x12", "--key", str(credentials.key), *sftp],
        scenario.HUBER: [
            *("csv", "--password-file", str(credentials.password), "--order", scenario.TELEPHONE_ORDER),
            *sftp,
        ],
        scenario.TAMARACK: ["x12", *as2, *names, "--as2-folder", str(credentials.station)],
    }
    running: list[Supplier] = []
    try:
        for name, arguments in calls.items():
            everything = [*arguments, "--user", name, "--patience", f"{patience:g}"]
            running.append(_start(name, everything, credentials.folder / f"{name}.stderr"))
        yield running
    finally:
        for supplier in running:
            supplier.end()


def as2_supplier_listens(cast: list[Supplier]) -> bool:
    """Whether the supplier over AS2 said that it does: a post before that would be tried again much later."""
    return any(supplier.name == scenario.TAMARACK and supplier.said("ready") for supplier in cast)


def _start(name: str, arguments: list[str], complaint: Path) -> Supplier:
    # A process of its own finds the package where this one found it, installed or not.
    package_root = str(Path(__file__).parents[2])
    found = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": package_root + (os.pathsep + found if found else "")}
    with complaint.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-m", "gateway.demo.supplier", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            text=True,
            encoding="utf-8",
        )
    return Supplier(name, process, complaint)

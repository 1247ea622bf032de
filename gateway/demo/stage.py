"""The set: a home with two partners in force, the keys and passwords their suppliers log in with, and those suppliers."""

import json
import os
import secrets
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

from ..app import Gateway, Service
from ..home import Home
from ..settings import TOML_NAME
from . import scenario

_PROFILES = resources.files(__package__) / "profiles"
_TOML = """# Settings of the demo's home. The ERP is asked often, so that nobody waits.
erp_poll_seconds = 0.1
folder_scan_seconds = 2
"""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where each supplier keeps what it logs in with; in the demo's home, so that a person can use it too."""

    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "rivermill_ed25519"

    @property
    def password(self) -> Path:
        return self.folder / "huber_password"


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
    (root / TOML_NAME).write_text(_TOML, "utf-8")
    credentials = Credentials(root / "demo")
    credentials.folder.mkdir(mode=0o700)
    _profile(home, scenario.RIVERMILL, {"public_key": _new_key(credentials.key)})
    _profile(home, scenario.HUBER, {"password_hash": _new_password(credentials.password)})
    return credentials


def open_for_business(gateway: Gateway) -> None:
    """Put the profiles in force, as ``tally partner apply`` does."""
    loaded = gateway.load_profiles()
    if loaded.problems:
        raise Misconfigured("\n".join(str(problem) for problem in loaded.problems))
    gateway.apply(loaded.profiles)


def hand_in_order(gateway: Gateway, data: bytes) -> None:
    """Drop a file of orders for the gateway as an ERP does: hidden while it is written, then renamed."""
    folder = gateway.home.erp / "in"
    hidden = folder / f".{scenario.ORDER}.json"
    hidden.write_bytes(data)
    hidden.rename(folder / f"{scenario.ORDER}.json")


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
    """Both suppliers at work; whatever happens, their processes end with the block."""
    calls = {
        scenario.RIVERMILL: ["x12", "--key", str(credentials.key)],
        scenario.HUBER: ["csv", "--password-file", str(credentials.password), "--order", scenario.TELEPHONE_ORDER],
    }
    common = ["--host", service.host, "--port", str(service.sftp_port), "--host-key", host_key]
    running: list[Supplier] = []
    try:
        for name, arguments in calls.items():
            everything = [*arguments, *common, "--user", name, "--patience", f"{patience:g}"]
            running.append(_start(name, everything, credentials.folder / f"{name}.stderr"))
        yield running
    finally:
        for supplier in running:
            supplier.end()


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

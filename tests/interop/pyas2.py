"""pyas2lib as a partner. It is GPL: never installed beside ours, only in an environment of its own that the tests make and keep.

Where it cannot be installed, tests are skipped with the reason; with ``TALLY_TEST_REQUIRES=pyas2lib`` they fail.
"""

import base64
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests import scratch

REQUIREMENTS = ("pyas2lib==1.4.4", "oscrypto==1.3.0", "asn1crypto==1.5.1")
_PEER = Path(__file__).with_name("pyas2_peer.py")


class NoPeer(Exception):
    """It cannot be had here; the message says why."""


class Peer:
    """The partner's process."""

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [python, "-I", _PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            self._answer()
        except NoPeer:
            self.end()
            raise

    def ask(self, do: str, **told: object) -> dict[str, Any]:
        """Have it do one thing. Raises :class:`NoPeer` where it ended instead."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **told}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            raise NoPeer(f"pyas2lib ended: {self._process.stderr.read()[-2000:]}")
        found: dict[str, Any] = json.loads(line)
        return found


def start() -> Peer:
    """The partner, ready. Skips the test where it cannot be had."""
    try:
        return Peer(python())
    except NoPeer as error:
        if "pyas2lib" in os.environ.get("TALLY_TEST_REQUIRES", ""):
            raise
        pytest.skip(str(error))


@cache
def python() -> Path:
    """The interpreter of the environment; made once on a machine, under a name that is only there when it is whole."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    home = scratch.on_disk() / f"tallystick-{os.getuid()}-pyas2lib-1.4.4-python{version}"
    if not home.exists():
        made = Path(tempfile.mkdtemp(prefix="pyas2lib-", dir=home.parent))
        try:
            _make(made)
            made.rename(home)
        except OSError:
            # Another process was quicker.
            shutil.rmtree(made, ignore_errors=True)
        except NoPeer:
            shutil.rmtree(made, ignore_errors=True)
            raise
    return home / "bin/python"


def _make(home: Path) -> None:
    python = str(home / "bin/python")
    if importlib.util.find_spec("ensurepip") is not None:
        _run(sys.executable, "-m", "venv", "--symlinks", str(home))
        _run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *REQUIREMENTS)
    else:
        _run("uv", "venv", "-q", "--python", sys.executable, str(home))
        _run("uv", "pip", "install", "-q", "--python", python, *REQUIREMENTS)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NoPeer(f"The environment of pyas2lib could not be made: {error}") from error
    if done.returncode:
        raise NoPeer(f"The environment of pyas2lib could not be made: {(done.stderr or done.stdout)[-1000:]}")


def text(data: bytes) -> str:
    """Bytes as the peer is told them."""
    return base64.b64encode(data).decode()


def data(text: str) -> bytes:
    """Bytes as the peer tells them."""
    return base64.b64decode(text)

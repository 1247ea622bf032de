"""A gateway as a process of its own, and files sent to it over SFTP."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import argon2
import psutil

from gateway.app import Gateway
from partners import templates

PARTNER = "acme"
PASSWORD = "bench"
DEADLINE_SECONDS = 600.0


def sftp_home(path: Path) -> Path:
    """A home whose partner sends X12 over SFTP, with a password."""
    text = templates.render("x12-sftp", PARTNER)
    password = argon2.PasswordHasher().hash(PASSWORD)
    text = text.replace("max_file_size: 64MiB", f"max_file_size: 1GiB\n  password_hash: {password}")
    with Gateway.create(path) as gateway:
        (gateway.home.partners / f"{PARTNER}.yaml").write_text(text, "utf-8")
        loaded = gateway.load_profiles()
        assert not loaded.problems, loaded.problems
        gateway.apply(loaded.profiles)
    return path


class Server:
    """``tally serve`` as a child process, with its peak memory sampled; ``peak`` is in bytes."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.peak = 0

    def __enter__(self) -> "Server":
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


def wait_for(home: Path, *, documents: int, answers: int) -> None:
    """Wait until so many files are in the ERP's folder and so many in the partner's outbox."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    outbox, out = home / "sftp" / PARTNER / "outbox", home / "erp" / "out"
    while time.monotonic() < deadline:
        if _count(out) >= documents and _count(outbox) >= answers:
            return
        time.sleep(0.02)
    raise SystemExit(
        f"Only {_count(out)} of {documents} documents and {_count(outbox)} of {answers} answers came in time."
    )


def _count(directory: Path) -> int:
    if not directory.is_dir():
        return 0
    with os.scandir(directory) as entries:
        return sum(entry.is_file() and not entry.name.startswith(".") for entry in entries)

"""Where tests put their files: in memory where there is room, for most of what a test with a database takes is waiting for a disk.

Nothing is lost by it: no test cuts the power, and what a killed process leaves is in the system's memory all the same. Tests that kill
processes stay on the disk (:func:`on_disk`), as there more of them are killed while they wait for it. ``TMPDIR`` names another place.
"""

import os
import shutil
import tempfile
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes that must be free: several times what tests that run at the same time keep."""

_DISK = "TALLY_TEST_DISK"
"""In the environment, for the processes of this run: the folder for temporary files there would be otherwise."""


def in_memory() -> None:
    """Have this process and those it starts put temporary files into memory, unless they were told where, or there is no room."""
    if "TMPDIR" not in os.environ and _has_room():
        os.environ[_DISK] = tempfile.gettempdir()
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def on_disk() -> Path:
    """The folder for temporary files that is not in memory."""
    return Path(os.environ.get(_DISK) or tempfile.gettempdir())


def _has_room() -> bool:
    if not os.access(MEMORY, os.W_OK | os.X_OK) or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return False
    return min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) >= ROOM

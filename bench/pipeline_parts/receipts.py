"""Receipts a second, each durable before it is answered."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .figures import Figures
from .house import house, receive_all

SENDERS = (1, 8, 64)
SLOWER_SECONDS = 0.002

_SLOW_DISK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int slower(const char *name, int file)
{
    struct timespec wait = {0, %d};
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    nanosleep(&wait, 0);
    return real(file);
}

int fsync(int file) { return slower("fsync", file); }
int fdatasync(int file) { return slower("fdatasync", file); }
"""


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """On the disk as it is, and, by a child whose fsync sleeps first, on one that takes 2 ms longer."""
    _child(root / "receipts", arguments.documents, {}, "this disk", figures)
    library = _slow_disk(root)
    if library is None:
        figures.say("receipts on a slower disk: not measured, there is no C compiler here")
        return
    _child(root / "receipts-slow", arguments.documents, {"LD_PRELOAD": str(library)}, "2 ms disk", figures)


def _child(root: Path, count: int, environment: dict[str, str], disk: str, figures: Figures) -> None:
    command = [sys.executable, "-P", "-m", "bench.pipeline_parts.receipts", str(root), str(count)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        senders, rate, cpu = line.split()
        figures.say(
            f"receipts, {disk}, {senders:>2} senders {float(rate):8.0f} /s   {float(cpu) * 1e3:7.3f} ms CPU each"
        )
        name = f"receipts_{disk.replace(' ', '_')}_{senders}_senders"
        figures.claim(name, float(rate), better="higher", unit="receipts/s")


def _slow_disk(root: Path) -> Path | None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    source, library = root / "slow.c", root / "slow.so"
    source.write_text(_SLOW_DISK % int(SLOWER_SECONDS * 1e9), "ascii")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def main() -> None:
    root, count = Path(sys.argv[1]), int(sys.argv[2])
    number = 1
    with house(root) as gateway:
        for senders in SENDERS:
            wall, cpu = time.perf_counter(), time.process_time()
            receive_all(gateway, range(number, number + count), senders)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            number += count
            print(senders, count / wall, cpu / count)


if __name__ == "__main__":
    main()

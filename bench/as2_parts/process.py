"""A process whose CPU and memory are watched from outside."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

STOP_SECONDS = 60


class Child:
    """A module of the bench as a process of its own, told and answering a line at a time."""

    def __init__(self, module: str, *arguments: str, python: Sequence[str] = (sys.executable, "-P", "-m")) -> None:
        command = [*python, module, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._watched = psutil.Process(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closing its standard input tells it to end."""
        try:
            self._process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        """The next line that it says. Raises SystemExit where it ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(map(str, self._process.args))} ended before its time.")  # type: ignore[arg-type]
        return line.strip()

    def cpu(self) -> float:
        """CPU seconds so far."""
        times = self._watched.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Bytes resident now; from here on the peak is counted anew."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", "ascii")
        return int(self._watched.memory_info().rss)

    def peak_memory(self) -> int:
        """The most bytes resident at any time since :meth:`memory`."""
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))

"""Make the checkout's ``.venv``: what ``./tally`` runs before anything else. Standard library only, Python 3.11 to 3.13.

``environment.py ready`` exits 0 when ``.venv`` belongs to this lock, this Python and this place.
``environment.py make`` makes it, one process at a time. The stamp is written last and removed first, so that whatever was
interrupted is done again. ``requirements.lock`` includes the development tools, because a checkout is where they are used;
the wheel depends on the run-time libraries only.
"""

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".tally-stamp"
FAILED = 3
LOG_LINES = 15


class SetupFailed(Exception):
    """The environment could not be made; the message is one line that says why and what to do."""


def expected_stamp() -> str:
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    return f"{digest} {sys.implementation.cache_tag} {ROOT}\n"


def is_ready() -> bool:
    try:
        return os.access(PYTHON, os.X_OK) and STAMP.read_text(encoding="utf-8") == expected_stamp()
    except (OSError, UnicodeDecodeError):
        return False


def make() -> None:
    """Make the environment, unless another process just did."""
    import fcntl

    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another ./tally is setting up here; waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready():
            build(lock.fileno())


def build(lock: int) -> None:
    """Make it from nothing. ``lock`` is handed to the children: it is held until the last of them has ended."""
    import shutil
    import time

    started = time.monotonic()
    uses_venv = has_venv()
    uv = None if uses_venv else shutil.which("uv")
    if not uses_venv and uv is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupFailed(
            f"Python {version} ({sys.executable}) has no venv with pip, and uv is not installed; "
            f"install one of them (Debian, Ubuntu: apt-get install python{version}-venv) and run this again"
        )
    say(f"Setting up Tallystick in {VENV} (only now; later starts are immediate).")
    STAMP.unlink(missing_ok=True)
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
    say(f"[1/3] environment for Python {sys.version.split()[0]}")
    count = sum("==" in line for line in LOCK.read_text(encoding="utf-8").splitlines())
    if uv is None:
        run([sys.executable, "-I", "-m", "venv", str(VENV)], lock)
        say(f"[2/3] {count} packages from requirements.lock, with hashes checked")
        command = [str(PYTHON), "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        run([*command, "--progress-bar", "off", "--require-hashes", "-r", str(LOCK)], lock, expected=count)
    else:
        run([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(VENV)], lock)
        say(f"[2/3] {count} packages from requirements.lock by uv, with hashes checked")
        run([uv, "pip", "install", "--python", str(PYTHON), "--require-hashes", "-r", str(LOCK)], lock)
    make_importable(lock)
    temporary = STAMP.with_suffix(".new")
    temporary.write_text(expected_stamp(), encoding="utf-8")
    temporary.replace(STAMP)
    say(f"[3/3] ready after {time.monotonic() - started:.0f} s")


def has_venv() -> bool:
    """Whether ``python -m venv`` can make an environment with pip; some systems package that separately."""
    import importlib.util

    return all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))


def make_importable(lock: int) -> None:
    """Put the checkout on the environment's path, which needs no build and shows every edit at once."""
    where = run([str(PYTHON), "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], lock)
    (Path(where.strip()) / "tallystick-checkout.pth").write_text(f"{ROOT}\n", encoding="utf-8")


def run(command: list[str], lock: int, *, expected: int = 0) -> str:
    """Run a command and return what it printed. With ``expected``, count the packages that pip collects."""
    import subprocess

    printed: list[str] = []
    collected = 0
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        pass_fds=(lock,), cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if expected and line.startswith(("Collecting ", "Processing ")):
                collected += 1
                if collected % 10 == 0:
                    say(f"      {collected} of {expected}")
            elif expected and line.startswith("Installing "):
                say("      installing")
    if process.returncode != 0:
        sys.stderr.write("".join(printed[-LOG_LINES:]))
        what = Path(command[0]).name + (" -m " + command[3] if "-m" in command else "")
        raise SetupFailed(
            f"{what} failed (exit {process.returncode}), its last lines are above; "
            "when the network and the disk are all right, run this again"
        )
    return "".join(printed)


def say(text: str) -> None:
    """Progress goes to stderr: stdout belongs to the command that follows."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    if sys.argv[1:] == ["ready"]:
        return 0 if is_ready() else 1
    try:
        if not is_ready():
            make()
    except SetupFailed as failure:
        say(f"tally: {failure}")
        return FAILED
    except OSError as error:
        say(f"tally: cannot set up {VENV}: {error}; see that the disk has room and that you may write there")
        return FAILED
    except KeyboardInterrupt:
        say("tally: set-up was interrupted; the next start does it again")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``./tally`` itself: which Python it takes, when it makes ``.venv``, and what it says when it cannot.

Nothing is downloaded here: the checkout under test is a copy of the two files of the set-up, with an empty lock, and
``pip`` or ``uv`` are scripts on a path of our own. The slow test makes a real, empty environment.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYTHON = shlex.quote(sys.executable)
TOOLS = ("sh", "dirname", "basename", "readlink", "sleep", "cat", "mkdir", "rm")

OLD_PYTHON = "#!/bin/sh\necho 2\n"
"""Says to ``./tally`` that it is not a Python that suits."""

BARE_PYTHON = f"""#!/bin/sh
# A Python without venv: the questions that ./tally asks are answered so, and the set-up is told the same.
case "$*" in
    *find_spec*) echo 1 ;;
    *make) exec {PYTHON} -I -c '
import sys
sys.path.insert(0, sys.argv[1]); sys.argv = ["environment.py", "make"]
import environment
environment.has_venv = lambda: False
sys.exit(environment.main())' "$(dirname "$3")" ;;
    *) exec {PYTHON} "$@" ;;
esac
"""

FAKE_UV = f"""#!/bin/sh
echo "$1 $2" >> "$UV_LOG"
for last; do :; done
if [ "$1" = venv ]; then exec {PYTHON} -I -m venv --without-pip "$last"; fi
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a path with a space, whose lock names nothing."""
    root = tmp_path / "check out"
    (root / "tools").mkdir(parents=True)
    shutil.copy2(ROOT / "tally", root)
    shutil.copy2(ROOT / "tools" / "environment.py", root / "tools")
    (root / "requirements.lock").write_text("# nothing\n")
    (root / "gateway" / "cli").mkdir(parents=True)
    (root / "gateway" / "cli" / "main.py").write_text("import sys\nprint('main', sys.argv[1:])\n")
    return root


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The only directory on the PATH: what any system has, and no Python."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (directory / tool).symlink_to(found)
    return directory


@pytest.fixture
def tally(checkout: Path, path: Path, tmp_path: Path) -> Run:
    """Runs ``./tally`` of the checkout from another directory."""

    def run(*arguments: str, script: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(script or checkout / "tally"), *arguments],
            env={"PATH": str(path), "UV_LOG": str(tmp_path / "uv.log"), **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def program(directory: Path, name: str, text: str) -> Path:
    file = directory / name
    file.write_text(text)
    file.chmod(0o755)
    return file


@pytest.fixture
def bare_python_and_uv(path: Path) -> None:
    program(path, "python3", BARE_PYTHON)
    program(path, "uv", FAKE_UV)


class TestWhatItSaysWhenItCannot:
    def test_no_python_at_all(self, tally: Run) -> None:
        done = tally("status")
        assert (done.returncode, done.stdout) == (3, "")
        (line,) = done.stderr.splitlines()
        assert "no Python 3.11, 3.12 or 3.13 found; install one" in line
        assert "TALLY_PYTHON=" in line

    def test_only_another_python(self, tally: Run, path: Path) -> None:
        program(path, "python3", OLD_PYTHON)
        assert "no Python 3.11, 3.12 or 3.13 found" in tally("status").stderr

    def test_the_python_named_is_another_one(self, tally: Run, path: Path) -> None:
        named = program(path, "snake", OLD_PYTHON)
        done = tally("status", TALLY_PYTHON=str(named))
        assert done.returncode == 3
        assert done.stderr == f"tally: TALLY_PYTHON={named} is not Python 3.11, 3.12 or 3.13; name one that is\n"

    def test_neither_venv_nor_uv(self, tally: Run, path: Path, checkout: Path) -> None:
        program(path, "python3", BARE_PYTHON)
        done = tally("status")
        assert (done.returncode, done.stdout) == (3, "")
        (line,) = done.stderr.splitlines()
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        assert "has no venv with pip, and uv is not installed; install one of them" in line
        assert f"apt-get install python{version}-venv" in line
        assert not (checkout / ".venv").exists()

    def test_a_command_that_fails(self, tally: Run, path: Path, checkout: Path) -> None:
        program(path, "python3", BARE_PYTHON)
        program(path, "uv", "#!/bin/sh\necho no route to anywhere\nexit 7\n")
        done = tally("status")
        assert done.returncode == 3
        assert "no route to anywhere\ntally: uv failed (exit 7)" in done.stderr
        assert not (checkout / ".venv" / ".tally-stamp").exists()


@pytest.mark.usefixtures("bare_python_and_uv")
class TestWhenItMakesTheEnvironment:
    def made(self, tmp_path: Path) -> int:
        """How often an environment was made."""
        log = tmp_path / "uv.log"
        return log.read_text().splitlines().count("pip install") if log.exists() else 0

    def test_at_the_first_start_and_not_again(self, tally: Run, tmp_path: Path) -> None:
        first = tally("status", "a b")
        assert (first.returncode, first.stdout) == (0, "main ['status', 'a b']\n")
        assert "Setting up Tallystick" in first.stderr
        second = tally("status")
        assert (second.returncode, second.stdout, second.stderr) == (0, "main ['status']\n", "")
        assert self.made(tmp_path) == 1

    def test_the_checkout_is_importable_from_anywhere(self, tally: Run, checkout: Path, tmp_path: Path) -> None:
        tally("setup")
        found = subprocess.run(
            [checkout / ".venv" / "bin" / "python", "-P", "-c", "import gateway.cli.main as m; print(m.__file__)"],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert str(checkout / "gateway" / "cli" / "main.py") in found.stdout

    @pytest.mark.parametrize(
        "change",
        [
            lambda root: (root / "requirements.lock").write_text("# something\n"),
            lambda root: (root / ".venv" / ".tally-stamp").unlink(),
            lambda root: (root / ".venv" / ".tally-stamp").write_bytes(b"\xff"),
            lambda root: (root / ".venv" / "bin" / "python").unlink(),
            lambda root: shutil.rmtree(root / ".venv"),
        ],
        ids=["lock changed", "interrupted", "stamp damaged", "Python gone", "removed"],
    )
    def test_again_after_a_change(
        self, tally: Run, tmp_path: Path, checkout: Path, change: Callable[[Path], object]
    ) -> None:
        tally("setup")
        (checkout / ".venv" / "left-over").touch()
        change(checkout)
        assert tally("status").stdout == "main ['status']\n"
        assert self.made(tmp_path) == 2
        assert not (checkout / ".venv" / "left-over").exists()

    def test_again_when_the_checkout_was_moved(self, tally: Run, tmp_path: Path, checkout: Path) -> None:
        tally("setup")
        moved = checkout.rename(tmp_path / "moved")
        assert tally("status", script=moved / "tally").stdout == "main ['status']\n"
        assert self.made(tmp_path) == 2

    def test_once_when_several_start_together(self, checkout: Path, path: Path, tmp_path: Path) -> None:
        environment = {"PATH": str(path), "UV_LOG": str(tmp_path / "uv.log")}
        started = [
            subprocess.Popen(
                [checkout / "tally", "status"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(4)
        ]
        ended = [(process.communicate(timeout=60)[0], process.returncode) for process in started]
        assert ended == [(b"main ['status']\n", 0)] * 4
        assert self.made(tmp_path) == 1


@pytest.mark.usefixtures("bare_python_and_uv")
class TestCommands:
    def test_through_a_link(self, tally: Run, checkout: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(checkout / "tally")
        assert tally("status", script=tmp_path / "link").stdout == "main ['status']\n"

    def test_the_commands_exit_code_is_its_own(self, tally: Run, checkout: Path) -> None:
        (checkout / "gateway" / "cli" / "main.py").write_text("import sys\nsys.exit(1)\n")
        assert tally("check", "x").returncode == 1

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (["test"], ["-n", "2"]),
            (["test", "tests/a b.py", "-x"], ["-n", "2", "tests/a b.py", "-x"]),
            (["test", "-k", "x y", "--fast"], ["-n", "2", "-m", "not slow and not crash", "-k", "x y"]),
        ],
    )
    def test_test_runs_pytest_in_the_checkout(
        self, tally: Run, checkout: Path, arguments: list[str], expected: list[str]
    ) -> None:
        (checkout / "pytest.py").write_text("import os, sys\nprint(sys.argv[1:], os.getcwd())\n")
        assert tally(*arguments).stdout == f"{expected} {checkout}\n"

    def test_bench_lists_and_runs_measurements(self, tally: Run, checkout: Path) -> None:
        (checkout / "bench").mkdir()
        for name in ("x12.py", "pipeline.py", "_measure.py"):
            (checkout / "bench" / name).write_text("import sys\nprint(__name__, sys.argv[1:])\n")
        assert tally("bench").stdout == "pipeline\nx12\n"
        assert tally("bench", "x12", "--quick").stdout == "__main__ ['--quick']\n"

    @pytest.mark.parametrize("name", ["nothing", "../x12", "", "X"])
    def test_bench_of_something_else_is_wrong_usage(self, tally: Run, name: str) -> None:
        done = tally("bench", name)
        assert done.returncode == 2
        assert "./tally bench lists" in done.stderr


@pytest.mark.slow
def test_a_python_with_venv_needs_no_uv(tally: Run, path: Path, checkout: Path) -> None:
    (path / "python3").symlink_to(Path(sys.executable).resolve())
    done = tally("status", **{name: value for name, value in os.environ.items() if name.startswith("PIP_")})
    assert (done.returncode, done.stdout) == (0, "main ['status']\n"), done.stderr
    assert (checkout / ".venv" / "bin" / "pip").exists()

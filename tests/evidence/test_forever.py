"""Bundles of every format there was, and the verifiers of now and of then: what was proved once is proved for ever."""

import io
import json
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.ledger.evidence import checking, verify
from tests.gateway.ledger.evidence.tampering import files
from tests.gateway.ledger.evidence.test_commands import follow, unpack
from tools.evidence_bundles import BUNDLES, TRUST

COMMITTED = sorted(BUNDLES.glob("v*/*.zip"))


@pytest.fixture(params=COMMITTED, ids=lambda path: f"{path.parent.name}/{path.name}")
def bundle(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def trust(bundle: Path) -> str:
    return str(json.loads((bundle.parent / TRUST).read_text("utf-8"))[bundle.name])


def test_they_are_those_that_were_committed_then_verifier_and_commands_included() -> None:
    """None is made anew, not even when verify.py changes: what is out there has the one of its own release."""
    listed = dict(line.split("  ")[::-1] for line in (BUNDLES / "SHA256SUMS").read_text("ascii").splitlines())
    found = {path.relative_to(BUNDLES).as_posix(): sha256(path.read_bytes()).hexdigest() for path in COMMITTED}
    assert found == listed
    assert COMMITTED


def test_what_came_with_earlier_ones_is_another_verifier_than_that_of_now() -> None:
    """So that the tests below are of several programs, and not of one twice."""
    came = {files(path.read_bytes())["verify.py"] for path in COMMITTED}
    assert len(came - {Path(verify.__file__).read_bytes()}) > 1


def test_the_verifier_of_now_proves_it(bundle: Path) -> None:
    with bundle.open("rb") as file:
        assert verify.verify(file, verify.read_key(trust(bundle))).failed == []


def test_the_product_proves_it(bundle: Path) -> None:
    with bundle.open("rb") as file:
        assert checking.check(file, checking.trusted_key(trust(bundle))).failed == []


def test_the_verifier_that_came_with_it_still_runs_and_proves_it(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle.read_bytes())) as archive:
        (tmp_path / "verify.py").write_bytes(archive.read("verify.py"))
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(bundle), "--trust", trust(bundle)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_its_commands_still_hold(bundle: Path, tmp_path: Path) -> None:
    done = follow(unpack(bundle.read_bytes(), tmp_path))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "All holds."), done.stderr

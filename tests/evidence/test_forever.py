"""Bundles of every format there was, and the verifiers of now and of then: what was proved once is proved for ever."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gateway.ledger.evidence import checking, verify
from tests.gateway.ledger.evidence.test_commands import follow, unpack
from tools.evidence_bundles import BUNDLES, TRUST

COMMITTED = sorted(BUNDLES.glob("v*/*.zip"))


@pytest.fixture(params=COMMITTED, ids=lambda path: f"{path.parent.name}/{path.name}")
def bundle(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def trust(bundle: Path) -> str:
    return str(json.loads((bundle.parent / TRUST).read_text("utf-8"))[bundle.name])


def test_there_are_some() -> None:
    assert COMMITTED


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

"""`tally key`: our own keys."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.certificates.vault import VARIABLE
from gateway.cli.console import Exit
from tests.gateway.as2.keys import own
from tests.gateway.certificates.files import key_file

from .calling import ME, Tally, in_days

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.usefixtures("quick_keys")


def test_one_is_made_and_listed(tally: Tally) -> None:
    called = tally("--json", "key", "generate", "--name", "OURS", "--organisation", "Example Wholesale")
    assert called.code == Exit.YES
    made = called.json
    assert (made["subject"], made["added_by"], made["state"]) == ("O=Example Wholesale,CN=OURS", ME, "in-force")
    [listed] = tally("--json", "key", "list").json
    assert listed == made | {
        "places": {"sign": "current", "encrypt": "current"},
        "accepted_until": None,
        "request": None,
    }
    assert "PRIVATE" not in called.out


def test_people_are_shown_the_fingerprint(tally: Tally) -> None:
    called = tally("key", "generate", "--bits", "2048")
    assert f"made out to  CN={socket.gethostname()[:64]}" in called.out
    [made] = tally("--json", "key", "list").json
    shown = called.out.split("SHA-256")[1].split()[0]
    assert shown.replace(":", "").lower() == made["fingerprint"]
    assert "current" in tally("key", "list").out


def test_a_second_one_is_no_without_a_date(tally: Tally) -> None:
    assert tally("key", "generate").code == Exit.YES
    called = tally("key", "generate")
    assert called.code == Exit.NO
    assert "`tally cert rotate`" in called.err
    day = in_days(30)
    assert tally("--json", "key", "generate", "--begins", day).json["begins"] == f"{day}T00:00:00+00:00"


@pytest.mark.parametrize(
    "words", [("--bits", "1024"), ("--days", "0"), ("--begins", "tomorrow"), ("--name", ""), ("--begins", "2099-01-01")]
)
def test_what_makes_no_key_is_wrong_usage(tally: Tally, words: tuple[str, str]) -> None:
    assert tally("key", "generate", *words).code == Exit.USAGE
    assert tally("--json", "key", "list").json == []


class TestImport:
    @pytest.fixture
    def exported(self, tmp_path: Path) -> Path:
        path = tmp_path / "old.p12"
        path.write_bytes(key_file(own("OLD"), b"secret", own("OLD").certificate))
        return path

    @pytest.fixture
    def password(self, tmp_path: Path) -> Path:
        path = tmp_path / "password"
        path.write_text("secret\n")
        return path

    def test_a_key_of_another_product_is_taken(self, tally: Tally, exported: Path, password: Path) -> None:
        called = tally("--json", "key", "import", str(exported), "--password-file", str(password))
        assert called.code == Exit.YES
        assert called.json["fingerprint"] == own("OLD").certificate.fingerprint

    def test_a_wrong_password_is_told(self, tally: Tally, exported: Path, password: Path) -> None:
        password.write_text("wrong")
        called = tally("key", "import", str(exported), "--password-file", str(password))
        assert called.code == Exit.USAGE
        assert "does not open with this password" in called.err

    def test_what_cannot_be_read_is_told(self, tally: Tally, exported: Path, tmp_path: Path) -> None:
        called = tally("key", "import", str(exported), "--password-file", str(tmp_path / "nothing"))
        assert called.code == Exit.USAGE
        assert "nothing cannot be read: No such file" in called.err

    def test_the_password_is_asked_for(self, tally: Tally, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.cli.keys.typer.prompt", lambda *_asked, **_how: "secret")
        assert tally("key", "import", str(exported)).code == Exit.YES


def test_a_wrong_passphrase_is_told(tally: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tally("key", "generate").code == Exit.YES
    monkeypatch.setenv(VARIABLE, "another one")
    called = tally("cert", "rotate")
    assert called.code == Exit.USAGE
    assert f"do not open with the passphrase of {VARIABLE}" in called.err


@pytest.mark.parametrize("words", [("cert", "rotate"), ("key", "generate", "--begins", in_days(30))])
def test_the_next_key_is_made_by_a_process_of_its_own(tally: Tally, words: tuple[str, ...]) -> None:
    """Nothing was done in it before; here the house is there."""
    assert tally("key", "generate").code == Exit.YES
    command = [sys.executable, "-P", "-m", "gateway.cli.main", "--home", str(tally.house.gateway.home.root), *words]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == Exit.YES, done.stderr


def test_the_passphrase_is_read_from_where_the_settings_say(
    tally: Tally, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("correct horse\n")
    monkeypatch.setenv("TALLY_KEY_PASSPHRASE_FILE", str(tmp_path / "secret"))
    assert tally("key", "generate").code == Exit.YES
    assert not (tally.house.gateway.home.keys / "passphrase").exists()
    assert tally("cert", "rotate").code == Exit.YES

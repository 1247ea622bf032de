"""Private keys at rest, and where their passphrase comes from."""

from pathlib import Path

import pytest

from canonical.errors import Misconfigured
from gateway.certificates.vault import NAME, VARIABLE, Vault
from tests.gateway.as2.keys import own

KEY = own("VAULT").private_key


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def given(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_key_is_encrypted_and_opens_again(tmp_path: Path) -> None:
    vault = Vault(tmp_path, given(tmp_path / "secret", "correct horse\n"))
    sealed = vault.seal(KEY)
    assert sealed.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert vault.open(sealed).private_numbers() == KEY.private_numbers()


def test_the_environment_comes_before_the_settings_and_these_before_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is tried with the sources below it there too, and wrong."""
    given(tmp_path / NAME, "of the home")
    named = given(tmp_path / "named", "of the settings")
    by_home = Vault(tmp_path).seal(KEY)
    by_settings = Vault(tmp_path, named).seal(KEY)
    for vault, sealed in ((Vault(tmp_path), by_settings), (Vault(tmp_path, named), by_home)):
        with pytest.raises(Misconfigured, match="another one"):
            vault.open(sealed)
    monkeypatch.setenv(VARIABLE, "of the settings")
    assert Vault(tmp_path).open(by_settings)
    with pytest.raises(Misconfigured, match=VARIABLE):
        Vault(tmp_path, named).open(by_home)


class TestPrepare:
    def test_makes_a_passphrase_of_its_own_once(self, tmp_path: Path) -> None:
        Vault(tmp_path).prepare()
        made = (tmp_path / NAME).read_text()
        assert len(made.strip()) > 40
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
        Vault(tmp_path).prepare()
        assert (tmp_path / NAME).read_text() == made
        assert [path.name for path in tmp_path.iterdir()] == [NAME]

    def test_makes_none_where_the_operator_gives_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        Vault(tmp_path, tmp_path / "named").prepare()
        monkeypatch.setenv(VARIABLE, "given")
        Vault(tmp_path).prepare()
        assert list(tmp_path.iterdir()) == []


class TestIsToldWhenThePassphrase:
    def test_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match=f"cannot be read from {tmp_path / NAME}: No such file"):
            Vault(tmp_path).seal(KEY)

    def test_is_missing_where_the_settings_say_that_it_is(self, tmp_path: Path) -> None:
        given(tmp_path / NAME, "of the home")
        with pytest.raises(Misconfigured, match=f"{tmp_path / 'named'}: No such file"):
            Vault(tmp_path, tmp_path / "named").seal(KEY)

    def test_is_empty(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="is empty"):
            Vault(tmp_path, given(tmp_path / "named", " \n")).seal(KEY)

    def test_can_be_read_by_others(self, tmp_path: Path) -> None:
        given(tmp_path / NAME, "of the home").chmod(0o640)
        with pytest.raises(Misconfigured, match="chmod 600"):
            Vault(tmp_path).seal(KEY)

"""Settings: from tally.toml, overridden by the environment, and each mistake told by its file and key."""

import json
import tomllib
from pathlib import Path

import pytest

from canonical.errors import Misconfigured
from gateway.settings import TOML_NAME, Settings, example_toml, load


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TALLY_{name.upper()}", raising=False)


def written(home: Path, text: str) -> Path:
    (home / TOML_NAME).write_text(text)
    return home


def test_without_a_file_everything_has_a_default_that_is_safe(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings == Settings()
    assert (settings.host, settings.database_url) == ("127.0.0.1", None)


def test_the_file_is_read(tmp_path: Path) -> None:
    settings = load(written(tmp_path, 'host = "0.0.0.0"\nworkers = 7\n'))
    assert (settings.host, settings.workers, settings.sftp_port) == ("0.0.0.0", 7, 2222)


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLY_WORKERS", "9")
    assert load(written(tmp_path, "workers = 7\n")).workers == 9


def test_other_variables_are_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLY_HOME", "/somewhere")
    monkeypatch.setenv("TALLY_NONSENSE", "1")
    assert load(tmp_path) == Settings()


MISTAKES = {
    "a misspelt key": ("wrokers = 3", "wrokers: Extra inputs are not permitted"),
    "a section": ("[sftp]\nport = 3", "sftp: Extra inputs are not permitted"),
    "a word for a number": ('workers = "many"', "workers: Input should be a valid integer"),
    "too few": ("workers = 0", "workers: Input should be greater than or equal to 1"),
    "a country without a law we know": ('country = "DD"', "country: String should match pattern '^(AT|AU|BE|"),
    "a type there is not": (
        "keep_years = {Invoce = 9}",
        "keep_years: Value error, there is no type of document Invoce",
    ),
    "no year": ("keep_years = {Invoice = 0}", "keep_years.Invoice: Input should be greater than or equal to 1"),
    "a month too many": ("fiscal_year_ends = 13", "fiscal_year_ends: Input should be less than or equal to 12"),
    "no port": ("sftp_port = 70000", "sftp_port: Input should be less than or equal to 65535"),
}


@pytest.mark.parametrize(("text", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_file_names_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(written(tmp_path, text))
    assert caught.value.message.startswith(f"{tmp_path / TOML_NAME}: {told}")
    assert "`tally init`" in caught.value.message


NUMBERS = [name for name, field in Settings.model_fields.items() if field.annotation in (int, float, int | None)]


@pytest.mark.parametrize("number", ["99999999999999999999", "-1", "inf", "nan"])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_beyond_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: str) -> None:
    """What nobody could wait for, or count to, would end the program later, and not in words."""
    monkeypatch.setenv(f"TALLY_{name.upper()}", number)
    with pytest.raises(Misconfigured, match=f"TALLY_{name.upper()} in the environment: Input"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "workers = 3\n"])
@pytest.mark.parametrize("name", ["TALLY_WORKERS", "tally_workers"])
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    """Also where the file has a good value for the same key."""
    monkeypatch.setenv(name, "many")
    with pytest.raises(Misconfigured, match=r"^TALLY_WORKERS in the environment: Input"):
        load(written(tmp_path, text))


@pytest.mark.parametrize(
    "data", [b"workers =", b"workers = 3\nworkers = 4", b"\xff\xfe", "host = 'ü'".encode("latin-1")]
)
def test_a_file_that_is_no_TOML_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / TOML_NAME).write_bytes(data)
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path)
    assert caught.value.message.startswith(f"{tmp_path / TOML_NAME} cannot be read as TOML:")


def test_the_example_has_every_setting_at_its_default(tmp_path: Path) -> None:
    text = example_toml()
    assert tomllib.loads(text) == {}
    lines = [line.removeprefix("# ") for line in text.splitlines() if " = " in line]
    given = tomllib.loads("\n".join(line for line in lines if not line.endswith("...")))
    assert set(given) == set(Settings.model_fields) - {
        "database_url",
        "node",
        "keep_days",
        "key_passphrase_file",
        "erp_at_once",
        "erp_per_minute",
        "as2_id",
        "as2_url",
        "http_certificate",
        "http_key",
        "http_client_certificate",
        "http_client_key",
        "ledger_origin",
        "ledger_key",
        "timestamp_url",
        "timestamp_roots",
        "timestamp_policy",
        "anchor_folder",
        "country",
    }
    assert load(written(tmp_path, "\n".join(f"{key} = {_toml(value)}" for key, value in given.items()))) == Settings()
    assert all(field.description and field.description in text for field in Settings.model_fields.values())


def _toml(value: object) -> str:
    return json.dumps(value)

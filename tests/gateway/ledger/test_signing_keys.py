"""Signers by keys in files and in tokens: one suite for both."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from canonical.errors import Misconfigured, Retryable
from gateway.certificates.vault import Vault
from gateway.ledger.note import SIGNATURE_BYTES, NoteSigner, read_note, signed
from gateway.ledger.signer_state import KEY_NAME, STATE_NAME
from gateway.ledger.signing_keys import SigningKeys
from gateway.ledger.token_signer import Place

from . import tokens
from .scene import Scene, scene
from .tokens import Token

needs_token = pytest.mark.skipif(tokens.WHY_NOT is not None, reason=str(tokens.WHY_NOT))


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    with tokens.token(tmp_path_factory.mktemp("token")) as made:
        made.make_key("ledger")
        made.make_key("next")
        made.make_key("another kind", curve="secp256r1")
        yield made


@pytest.fixture(params=["file", pytest.param("token", marks=needs_token)])
def place(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("token").uri("ledger")) if request.param == "token" else KEY_NAME


@pytest.fixture
def keys(tmp_path: Path) -> SigningKeys:
    (tmp_path / "keys").mkdir()
    made = SigningKeys(tmp_path / "keys", Vault(tmp_path / "keys"), "log.example")
    made.prepare()
    return made


@pytest.fixture
def signer(keys: SigningKeys, place: str) -> NoteSigner:
    return keys.open(place)


class TestEverySigner:
    def test_signs_what_its_key_verifies(self, signer: NoteSigner) -> None:
        for message in (b"", b"x", "a text — with a dash\n".encode(), bytes(100_000)):
            signature = signer.sign(message)
            assert len(signature) == SIGNATURE_BYTES
            assert signer.key.verifies(signature, message)
            assert not signer.key.verifies(signature, message + b"x")

    def test_signs_the_same_by_the_same(self, signer: NoteSigner) -> None:
        """Ed25519 needs no randomness, whoever computes it."""
        assert signer.sign(b"x") == signer.sign(b"x")

    def test_has_the_name_and_the_key_that_it_had(self, keys: SigningKeys, place: str, signer: NoteSigner) -> None:
        assert signer.key.name == "log.example"
        assert keys.open(place).key == signer.key

    def test_signs_notes(self, signer: NoteSigner) -> None:
        note = read_note(str(signed("log.example\n5\nabc\n", [signer])).encode())
        note.require_signed_by(signer.key)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Scene]:
    with scene("sqlite", tmp_path) as opened:
        opened.grown(5)
        yield opened


@needs_token
class TestTheToken:
    def test_the_ledger_is_handed_over_to_it_and_from_key_to_key_in_it(self, ledger: Scene, token: Token) -> None:
        first = ledger.ledger.key()
        for label in ("ledger", "next"):
            ledger.ledger = replace(ledger.ledger, token=token.uri(label))
            ledger.ledger.rotate(timedelta())
            ledger.grown(1)
            note = ledger.ledger.checkpoint()
            assert [each.key_id for each in note.signatures] == [ledger.ledger.key().key_id]
        assert (
            ledger.ledger.key()
            == SigningKeys(ledger.ledger.keys, ledger.ledger.vault, "log.example").open(token.uri("next")).key
        )
        assert list(ledger.ledger.keys.glob("*.key")) == []
        assert ledger.ledger.rotations()[0].old == first
        assert ledger.verify().wrong is None

    def test_it_may_be_reached_otherwise_later(self, ledger: Scene, token: Token, tmp_path: Path) -> None:
        ledger.ledger = replace(ledger.ledger, token=token.uri("ledger"))
        ledger.ledger.rotate(timedelta())
        moved = tmp_path / "moved"
        moved.write_bytes(token.pin.read_bytes())
        elsewhere = token.uri("ledger").replace(str(token.pin), str(moved))
        assert replace(ledger.ledger, token=elsewhere).key() == ledger.ledger.key()
        with pytest.raises(Misconfigured, match="cannot be read"):
            replace(ledger.ledger, token=elsewhere + "x").key()

    def test_and_back_to_a_file(self, ledger: Scene, token: Token) -> None:
        ledger.ledger = replace(ledger.ledger, token=token.uri("ledger"))
        ledger.ledger.rotate(timedelta())
        ledger.ledger = replace(ledger.ledger, token=None)
        ledger.ledger.rotate(timedelta())
        ledger.ledger.checkpoint()
        assert [path.name for path in ledger.ledger.keys.glob("*.key")] == ["ledger-3.key"]

    def test_there_is_no_such_key(self, keys: SigningKeys, token: Token) -> None:
        with pytest.raises(Misconfigured, match="not exactly one the key missing"):
            keys.open(token.uri("missing"))

    def test_the_key_is_of_another_kind(self, keys: SigningKeys, token: Token) -> None:
        with pytest.raises(Misconfigured, match="no Ed25519 key"):
            keys.open(token.uri("another kind"))

    def test_the_pin_is_wrong_or_missing(self, keys: SigningKeys, token: Token, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong"
        wrong.write_text("0000")
        uri = token.uri("ledger")
        with pytest.raises(Misconfigured, match="does not open"):
            keys.open(uri.replace(str(token.pin), str(wrong)))
        with pytest.raises(Misconfigured, match="cannot be read"):
            keys.open(uri.replace(str(token.pin), str(tmp_path / "none")))

    def test_the_token_is_away(self, keys: SigningKeys, token: Token) -> None:
        with pytest.raises(Retryable, match="Is the token there"):
            keys.open(token.uri("ledger").replace("token=tally", "token=gone"))


@pytest.mark.parametrize("name", [KEY_NAME, "ledger-2.key", "ledger-17.key"])
def test_none_is_made_beside_one_whose_state_is_lost(keys: SigningKeys, name: str) -> None:
    (keys.folder / KEY_NAME).rename(keys.folder / name)
    (keys.folder / STATE_NAME).unlink()
    assert keys.has_begun()
    keys.prepare()
    assert [path.name for path in keys.folder.glob("ledger*")] == [name]


def test_a_uri_is_read_as_rfc_7512_writes_it() -> None:
    found = Place.read(
        "pkcs11:token=My%20token;object=ledger;type=private?module-path=/lib/a.so&pin-source=file:/etc/pin"
    )
    assert found == Place("My token", "ledger", Path("/lib/a.so"), Path("/etc/pin"))


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("pkcs11:token=t;object=o", "lacks module-path, pin-source"),
        ("pkcs11:object=o?module-path=/m&pin-source=/p", "lacks token"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-source=/p&pin-value=1234", "has pin-value"),
        ("pkcs11:", "lacks token, object"),
    ],
)
def test_a_uri_that_does_not_say_all_is_told_and_no_pin_is_shown(uri: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words) as caught:
        Place.read(uri)
    assert "1234" not in caught.value.message

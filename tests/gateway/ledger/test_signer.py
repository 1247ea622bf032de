"""The signer and what it keeps; that it refuses what was tampered with is in ``test_tampering``."""

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from canonical.errors import Misconfigured, Retryable
from gateway.certificates.vault import Vault
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.note import Note
from gateway.ledger.signer import GuardedSigner, guarded_signer
from gateway.ledger.signer_state import KEY_NAME, STATE_NAME, NotSignable
from gateway.ledger.signing_keys import SigningKeys
from gateway.ledger.tree import Frontier, consistency_proof, leaf_hash

from .test_tree import leaves, node_over


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    return tmp_path / "keys"


def guarded(keys: Path, name: str = "log.example") -> GuardedSigner:
    return guarded_signer(SigningKeys(keys, Vault(keys), name))


def sign(signer: GuardedSigner, size: int) -> Note:
    frontier = Frontier()
    for data in leaves(size):
        frontier.append(leaf_hash(data))
    checkpoint = Checkpoint(signer.signer.key.name, size, frontier.root)
    with signer.turn() as signs:
        return signs(checkpoint, lambda old: consistency_proof(old, size, node_over(leaves(size))))


def test_it_signs_a_ledger_that_grows_and_goes_on_after_a_restart(keys: Path) -> None:
    assert guarded(keys).last() is None
    for size in (0, 1, 5, 5, 40):
        signer = guarded(keys)
        note = sign(signer, size)
        note.require_signed_by(signer.signer.key)
        assert Checkpoint.read(note.text).size == size
        assert guarded(keys).last() == note


def test_the_same_is_signed_once(keys: Path) -> None:
    first = sign(guarded(keys), 5)
    before = (keys / STATE_NAME).stat().st_mtime_ns
    assert sign(guarded(keys), 5) == first
    assert (keys / STATE_NAME).stat().st_mtime_ns == before


def test_the_key_and_the_state_are_for_the_owner_only_and_the_key_is_sealed(keys: Path) -> None:
    sign(guarded(keys), 3)
    for name in (KEY_NAME, STATE_NAME):
        assert stat.S_IMODE((keys / name).stat().st_mode) == 0o600
    assert "ENCRYPTED" in (keys / KEY_NAME).read_text()
    assert sorted(path.name for path in keys.iterdir()) == [KEY_NAME, STATE_NAME, "passphrase"]


def test_a_ledger_keeps_its_name_once_it_was_signed(keys: Path) -> None:
    sign(guarded(keys), 5)
    for size in (5, 6):
        with pytest.raises(NotSignable, match=r"put ledger_origin in tally.toml back to log.example"):
            sign(guarded(keys, "other.example"), size)
    assert Checkpoint.read(sign(guarded(keys), 6).text).size == 6


def test_it_believes_no_proof(keys: Path) -> None:
    signer = guarded(keys)
    sign(signer, 5)
    for proof in ([], [bytes(32)], [b""], [bytes(32)] * 70):
        with signer.turn() as signs, pytest.raises(NotSignable, match="no longer those that were signed"):
            signs(Checkpoint("log.example", 8, bytes(32)), lambda _old, proof=proof: proof)  # type: ignore[misc]


def test_a_smaller_ledger_is_refused_without_looking_at_proofs(keys: Path) -> None:
    signer = guarded(keys)
    sign(signer, 5)
    with pytest.raises(NotSignable, match="has 4 entries, and 5 were signed"):
        sign(signer, 4)


def _removed(state: Path) -> None:
    state.unlink()


def _emptied(state: Path) -> None:
    state.write_text("")


def _another_value(state: Path) -> None:
    state.write_text("[]")


def _smaller(state: Path) -> None:
    text = json.loads(state.read_text())["checkpoint"]
    state.write_text(json.dumps({"checkpoint": text.replace("\n5\n", "\n4\n")}))


def _unsigned(state: Path) -> None:
    text = json.loads(state.read_text())["checkpoint"]
    state.write_text(json.dumps({"checkpoint": text.partition("\n\n")[0] + "\n"}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_removed, "is missing"),
        (_emptied, "does not hold a checkpoint that this key signed"),
        (_another_value, "does not hold a checkpoint that this key signed"),
        (_smaller, "does not hold a checkpoint that this key signed"),
        (_unsigned, "does not hold a checkpoint that this key signed"),
    ],
)
def test_a_state_that_was_changed_stops_it(keys: Path, change: Callable[[Path], None], words: str) -> None:
    sign(guarded(keys), 5)
    change(keys / STATE_NAME)
    with pytest.raises(NotSignable, match=words):
        sign(guarded(keys), 6)


def test_a_key_that_signed_and_is_lost_is_not_made_anew(keys: Path) -> None:
    sign(guarded(keys), 5)
    (keys / KEY_NAME).unlink()
    with pytest.raises(
        NotSignable, match=r"ledger.key is missing, and ledger.state.json beside it says that it signed"
    ):
        guarded(keys)
    assert not (keys / KEY_NAME).exists()


def test_the_state_of_another_key_stops_it(keys: Path, tmp_path: Path) -> None:
    sign(guarded(keys), 5)
    other = tmp_path / "other"
    other.mkdir()
    guarded(other)
    shutil.copy(other / KEY_NAME, keys / KEY_NAME)
    shutil.copy(other / "passphrase", keys / "passphrase")
    with pytest.raises(NotSignable, match="does not hold a checkpoint that this key signed"):
        sign(guarded(keys), 6)


def test_a_state_that_cannot_be_read_is_told(keys: Path) -> None:
    sign(guarded(keys), 5)
    (keys / STATE_NAME).unlink()
    (keys / STATE_NAME).mkdir()
    with pytest.raises(Misconfigured, match="cannot be read"):
        sign(guarded(keys), 6)


def test_nothing_is_given_out_before_it_is_noted(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full nothing is signed, and what was signed before stays noted."""
    first = sign(guarded(keys), 5)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Retryable, match="No space"):
        sign(guarded(keys), 6)
    monkeypatch.undo()
    assert guarded(keys).last() == first
    assert sorted(path.name for path in keys.iterdir()) == [KEY_NAME, STATE_NAME, "passphrase"]


def test_a_key_of_another_kind_is_refused(keys: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    sign(guarded(keys), 5)
    (keys / KEY_NAME).write_text(Vault(keys).seal(generate_private_key(65537, 2048)))
    with pytest.raises(Misconfigured, match="no Ed25519 key"):
        guarded(keys)

"""From one key of the ledger to the next: for whom the old one was trusted, at every step and wherever it is interrupted."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from canonical.errors import Misconfigured
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.ledger import read_anchor
from gateway.ledger.note import Malformed, Note, NotSigned, Signature, VerifierKey, read_note, signed
from gateway.ledger.rotation import Rotation, family, followers, predecessors, require_signed_by_one_of
from gateway.ledger.signer_state import BEGINNING, KEY_NAME, STATE_NAME, NotSignable, SignerState
from gateway.operations.instruction import NotPossible

from .scene import Scene, scene
from .test_note import signer

OLD, NEW, NEWEST, STRANGER = signer(), signer(seed=2), signer(seed=3), signer(seed=4)
FIRST, SECOND = Rotation.between(OLD, NEW), Rotation.between(NEW, NEWEST)
CHECKPOINT = str(Checkpoint("log.example", 5, bytes(32)))
MONTH = timedelta(days=30)


class TestTheNote:
    def test_it_is_read_as_it_was_written(self) -> None:
        assert Rotation.read(str(FIRST).encode()) == FIRST

    def test_it_leads_from_the_old_key_to_the_new_and_back(self) -> None:
        assert followers(OLD.key, [FIRST, SECOND]) == [OLD.key, NEW.key, NEWEST.key]
        assert followers(NEW.key, [FIRST, SECOND]) == [NEW.key, NEWEST.key]
        assert predecessors(NEWEST.key, [FIRST, SECOND]) == [NEW.key, OLD.key]
        assert followers(STRANGER.key, [FIRST, SECOND]) == [STRANGER.key]
        assert predecessors(OLD.key, [FIRST, SECOND]) == []
        for key in (OLD.key, NEW.key, NEWEST.key):
            assert {*family(key, [FIRST, SECOND])} == {OLD.key, NEW.key, NEWEST.key}
        assert family(STRANGER.key, [FIRST, SECOND]) == [STRANGER.key]

    def test_no_checkpoint_can_be_taken_for_one(self) -> None:
        with pytest.raises(Malformed):
            Rotation.read(str(signed(CHECKPOINT, [OLD, NEW])).encode())
        with pytest.raises(Malformed):
            Checkpoint.read(FIRST.note.text)

    @pytest.mark.parametrize(
        "note",
        [
            signed(FIRST.note.text, [OLD]),
            signed(FIRST.note.text, [NEW]),
            signed(FIRST.note.text, [OLD, STRANGER]),
            Note(FIRST.note.text, SECOND.note.signatures),
            Note(FIRST.note.text.replace(str(NEW.key), str(STRANGER.key)), FIRST.note.signatures),
            Note(FIRST.note.text, (Signature(OLD.key.name, OLD.key.key_id, bytes(64)), *FIRST.note.signatures)),
        ],
        ids=["only the old", "only the new", "a stranger", "another's", "another key named", "a forged line more"],
    )
    def test_both_keys_must_have_signed_it(self, note: Note) -> None:
        with pytest.raises(NotSigned):
            Rotation.read(str(note).encode())

    @pytest.mark.parametrize(
        "text",
        [
            f"log.example\nledger key rotation\n{OLD.key}\n",
            f"log.example\nledger key rotation\n{OLD.key}\n{NEW.key}\nmore\n",
            f"log.example\nledger key rotation\n{OLD.key}\n{OLD.key}\n",
            f"log.example\nsomething else\n{OLD.key}\n{NEW.key}\n",
            f"other.example\nledger key rotation\n{OLD.key}\n{NEW.key}\n",
            f"log.example\nledger key rotation\n{OLD.key}\nnonsense\n",
            f"log.example\nledger key rotation\n{OLD.key}\n{signer('other.example', 2).key}\n",
        ],
    )
    def test_other_texts_are_none(self, text: str) -> None:
        with pytest.raises(Malformed):
            Rotation.read(str(signed(text, [OLD, NEW])).encode())


class TestTwoLinesOfOurs:
    """A checkpoint of the overlap: the signatures of both keys count, and none that is forged is passed over."""

    KEYS = (OLD.key, NEW.key)

    def test_either_key_will_do(self) -> None:
        assert require_signed_by_one_of(signed(CHECKPOINT, [NEW, OLD]), self.KEYS) == NEW.key
        assert require_signed_by_one_of(signed(CHECKPOINT, [OLD]), self.KEYS) == OLD.key
        assert require_signed_by_one_of(signed(CHECKPOINT, [NEW]), self.KEYS) == NEW.key
        for key in self.KEYS:
            signed(CHECKPOINT, [NEW, OLD]).require_signed_by(key)

    @pytest.mark.parametrize("place", [0, 1])
    def test_a_forged_line_of_one_key_is_not_made_good_by_the_other(self, place: int) -> None:
        good = signed(CHECKPOINT, [NEW, OLD])
        lines = list(good.signatures)
        lines[place] = replace(lines[place], signature=bytes(64))
        with pytest.raises(NotSigned, match="does not hold"):
            require_signed_by_one_of(Note(good.text, tuple(lines)), self.KEYS)
        with pytest.raises(NotSigned, match="does not hold"):
            require_signed_by_one_of(Note(good.text, (*good.signatures, lines[place])), self.KEYS)

    def test_the_signature_of_one_under_the_id_of_the_other_is_forged(self) -> None:
        good = signed(CHECKPOINT, [OLD])
        moved = replace(good.signatures[0], key_id=NEW.key.key_id)
        with pytest.raises(NotSigned, match="does not hold"):
            require_signed_by_one_of(Note(good.text, (moved, *good.signatures)), self.KEYS)

    def test_who_has_neither_is_told_which_key_to_ask_for(self) -> None:
        with pytest.raises(NotSigned, match=NEWEST.key.key_id.hex()):
            require_signed_by_one_of(signed(CHECKPOINT, [NEWEST]), self.KEYS)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Scene]:
    with scene("sqlite", tmp_path) as opened:
        opened.grown(5)
        opened.ledger.checkpoint()
        yield opened


def by(checkpoint: Note) -> list[str]:
    return [each.key_id.hex() for each in checkpoint.signatures]


def told(ledger: Scene) -> list[str]:
    return [
        outcome
        for outcome in ledger.ask(
            "SELECT coalesce(group_concat(outcome, '|'), '') FROM journal_entry WHERE step = 'rekeyed'"
        ).split("|")
        if outcome
    ]


def test_for_the_overlap_both_keys_sign_and_then_the_new_one_alone(ledger: Scene) -> None:
    old = ledger.ledger.key()
    rotation = ledger.ledger.rotate(MONTH)
    new = ledger.ledger.key()
    assert (rotation.old, rotation.new) == (old, new)
    assert by(ledger.ledger.checkpoint()) == [new.key_id.hex(), old.key_id.hex()]
    assert sorted(path.name for path in ledger.ledger.keys.glob("*.key")) == ["ledger-2.key", KEY_NAME]
    ledger.clock.advance(seconds=MONTH.total_seconds())
    ledger.grown(1, begin=5)
    assert by(ledger.ledger.checkpoint()) == [new.key_id.hex()]
    assert [path.name for path in ledger.ledger.keys.glob("*.key")] == ["ledger-2.key"]
    assert told(ledger) == [
        f"key {new.key_id.hex()} of the ledger follows key {old.key_id.hex()}",
        f"key {old.key_id.hex()} of the ledger signs no more",
    ]
    found = ledger.verify()
    assert (found.wrong, found.waiting) == (None, 0)


def test_the_note_by_which_it_was_handed_over_is_in_the_ledger(ledger: Scene) -> None:
    rotation = ledger.ledger.rotate(MONTH)
    detail = ledger.ask("SELECT body FROM ledger_detail WHERE idx = 5").decode()
    assert str(rotation.new) in detail
    assert str(rotation.old) in detail


def test_it_can_be_done_again_and_again(ledger: Scene) -> None:
    keys = [ledger.ledger.key()]
    for _ in range(3):
        ledger.ledger.rotate(timedelta())
        ledger.ledger.checkpoint()
        keys.append(ledger.ledger.key())
    rotations = ledger.ledger.rotations()
    assert followers(keys[0], rotations) == keys
    assert [path.name for path in ledger.ledger.keys.glob("*.key")] == ["ledger-4.key"]
    for key in keys:
        assert require_signed_by_one_of(ledger.ledger.checkpoint(), followers(key, rotations)) == keys[-1]


def test_not_while_one_is_under_way(ledger: Scene) -> None:
    ledger.ledger.rotate(MONTH)
    with pytest.raises(NotPossible, match="still signs too, until"):
        ledger.ledger.rotate(MONTH)


def test_what_was_signed_before_is_still_ours(ledger: Scene) -> None:
    before = ledger.ledger.checkpoint()
    ledger.ledger.rotate(timedelta())
    ledger.ledger.checkpoint()
    ledger.ledger.require_ours(before)
    with pytest.raises(NotSigned):
        ledger.ledger.require_ours(signed(before.text, [STRANGER]))


def test_the_guard_goes_on(ledger: Scene) -> None:
    ledger.ledger.rotate(MONTH)
    ledger.unguard()
    ledger.regrow("UPDATE journal_entry SET outcome = 'x' WHERE id = 3")
    with pytest.raises(NotSignable, match="no longer those that were signed"):
        ledger.ledger.checkpoint()
    ledger.regrow(up_to=4)
    with pytest.raises(NotSignable, match="it was cut short"):
        ledger.ledger.checkpoint()


WRITES: dict[str, tuple[str, int]] = {
    "before the new key is written": ("gateway.ledger.signing_keys.write_private", 1),
    "before the state says so": ("gateway.ledger.signer_state.write_private", 1),
    "before the journal knows": ("spool.journal.record", 1),
    "before it is signed": ("gateway.ledger.signer_state.write_private", 2),
}


class _Killed(BaseException):
    """What nothing catches, as nothing catches a kill."""


def _killed_at(nth: int, really: Callable[..., Any]) -> Callable[..., Any]:
    calls = 0

    def call(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise _Killed
        return really(*arguments, **named)

    return call


@pytest.mark.parametrize(("where", "nth"), WRITES.values(), ids=WRITES)
def test_killed_before_any_write_it_is_done_or_not_done(
    ledger: Scene, where: str, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ledger.ledger.key()
    module, _, name = where.rpartition(".")
    with monkeypatch.context() as patched:
        patched.setattr(where, _killed_at(nth, getattr(importlib.import_module(module), name)))
        with pytest.raises(_Killed):
            ledger.ledger.rotate(MONTH)
    done = SignerState.read(ledger.ledger.keys / STATE_NAME).until is not None
    if not done:
        ledger.ledger.rotate(MONTH)
    new = ledger.ledger.key()
    assert by(ledger.ledger.checkpoint()) == [new.key_id.hex(), old.key_id.hex()]
    assert told(ledger) == [f"key {new.key_id.hex()} of the ledger follows key {old.key_id.hex()}"]
    assert sorted(path.name for path in ledger.ledger.keys.iterdir()) == [
        "ledger-2.key",
        KEY_NAME,
        STATE_NAME,
        "passphrase",
    ]
    assert ledger.verify().wrong is None


@pytest.mark.parametrize(
    "where", ["spool.journal.record", "gateway.ledger.signer_state.write_private", "pathlib.Path.unlink"]
)
def test_killed_before_the_old_key_is_gone_it_goes_the_next_time(
    ledger: Scene, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ledger.ledger.key()
    ledger.ledger.rotate(MONTH)
    ledger.clock.advance(seconds=MONTH.total_seconds())

    def killed(*_arguments: Any, **_named: Any) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(where, killed)
        with pytest.raises(_Killed):
            ledger.ledger.checkpoint()
    assert by(ledger.ledger.checkpoint()) == [ledger.ledger.key().key_id.hex()]
    assert told(ledger)[1:] == [f"key {old.key_id.hex()} of the ledger signs no more"]
    assert [path.name for path in ledger.ledger.keys.glob("*.key")] == ["ledger-2.key"]


def _by_a_stranger(state: SignerState) -> SignerState:
    last = Rotation.read(state.rotations[-1].encode())
    return replace(
        state, rotations=(str(signed(last.note.text.replace(str(last.new), str(STRANGER.key)), [OLD, STRANGER])),)
    )


def _signed_by_a_stranger(state: SignerState) -> SignerState:
    return replace(state, checkpoint=str(signed(read_note((state.checkpoint or "").encode()).text, [STRANGER])))


def _twice(state: SignerState) -> SignerState:
    return replace(state, rotations=state.rotations * 2)


@pytest.mark.parametrize("change", [_by_a_stranger, _signed_by_a_stranger, _twice])
def test_a_state_that_says_another_story_stops_it(ledger: Scene, change: Callable[[SignerState], SignerState]) -> None:
    ledger.ledger.rotate(MONTH)
    path = ledger.ledger.keys / STATE_NAME
    change(SignerState.read(path)).write(path)
    with pytest.raises(NotSignable, match="does not hold a checkpoint that this key signed"):
        ledger.ledger.checkpoint()


def test_a_key_that_is_missing_is_told_and_not_made_anew(ledger: Scene) -> None:
    ledger.ledger.rotate(timedelta())
    ledger.ledger.checkpoint()
    (ledger.ledger.keys / "ledger-2.key").unlink()
    with pytest.raises(Misconfigured, match=r"ledger-2\.key cannot be read"):
        ledger.ledger.checkpoint()
    assert list(ledger.ledger.keys.glob("*.key")) == []


@pytest.mark.parametrize("left", ["the key", "what the journal tells"])
def test_a_state_that_is_lost_after_it_is_not_begun_anew(ledger: Scene, left: str) -> None:
    keys = ledger.ledger.keys
    ledger.ledger.rotate(timedelta())
    ledger.ledger.checkpoint()
    if left == "what the journal tells":
        (keys / "ledger-2.key").unlink()
    (keys / STATE_NAME).unlink()
    before = sorted(path.name for path in keys.iterdir())
    assert f"{STATE_NAME} is missing" in (ledger.verify().wrong or "")
    for ask in (ledger.ledger.checkpoint, ledger.ledger.last, ledger.ledger.key):
        with pytest.raises(NotSignable, match=f"{STATE_NAME} is missing"):
            ask()
    assert sorted(path.name for path in keys.iterdir()) == before


def test_it_is_begun_anew_where_somebody_says_so(ledger: Scene) -> None:
    ledger.ledger.rotate(timedelta())
    old = ledger.ledger.checkpoint()
    (ledger.ledger.keys / "ledger-2.key").unlink()
    (ledger.ledger.keys / STATE_NAME).write_text(BEGINNING)
    assert not {*by(ledger.ledger.checkpoint())} & {*by(old)}
    assert ledger.verify().wrong is None


def test_auditors_verify_by_the_key_they_have(ledger: Scene) -> None:
    old: VerifierKey = ledger.ledger.key()
    ledger.ledger.rotate(MONTH)
    both = ledger.ledger.checkpoint()
    for key in (old, ledger.ledger.key()):
        both.require_signed_by(key)


@pytest.mark.parametrize("kept", ["before", "after"])
@pytest.mark.parametrize("trusted", ["before", "after"])
def test_a_kept_checkpoint_is_held_against_the_ledger_by_either_key(
    ledger: Scene, tmp_path: Path, kept: str, trusted: str
) -> None:
    """Whichever of both keys signed it, and whichever the auditor has: the ledger knows how one led to the other."""
    laid, keys = {"before": ledger.ledger.anchor(tmp_path)}, {"before": str(ledger.ledger.key())}
    ledger.ledger.rotate(timedelta())
    ledger.ledger.checkpoint()
    ledger.grown(1, begin=5)
    laid["after"], keys["after"] = ledger.ledger.anchor(tmp_path), str(ledger.ledger.key())
    anchor = ledger.ledger.kept(laid[kept], keys[trusted])
    assert ledger.ledger.verify([anchor]).anchors[-1] == f"the checkpoint in {laid[kept]}"
    with pytest.raises(Misconfigured, match="that is the key to ask for"):
        ledger.ledger.kept(laid[kept], str(STRANGER.key))


def test_without_the_rotations_only_the_key_that_signed_it_counts(ledger: Scene, tmp_path: Path) -> None:
    laid, rotation = ledger.ledger.anchor(tmp_path), ledger.ledger.rotate(timedelta())
    assert read_anchor(laid, str(rotation.new), [rotation]).checkpoint.size == 5
    with pytest.raises(Misconfigured, match="that is the key to ask for"):
        read_anchor(laid, str(rotation.new))


def test_where_the_rotations_are_lost_a_checkpoint_counts_by_its_own_key(ledger: Scene, tmp_path: Path) -> None:
    laid, key = ledger.ledger.anchor(tmp_path), str(ledger.ledger.key())
    (ledger.ledger.keys / STATE_NAME).unlink()
    found = ledger.ledger.verify([ledger.ledger.kept(laid, key)])
    assert f"{STATE_NAME} is missing" in (found.wrong or "")
    assert found.anchors == (f"the checkpoint in {laid}",)

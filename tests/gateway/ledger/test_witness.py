"""What a witness cosigns, and what he never does."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from canonical.errors import Misconfigured
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.cosignature import Request, cosigned, cosigned_at
from gateway.ledger.note import MOST_BYTES, MOST_SIGNATURES, Signature, VerifierKey, read_note, signed
from gateway.ledger.witness import NotCosigned, Witness, witness_key
from tests.spool.scene import ManualClock

from .evidence import making
from .evidence.making import NEXT, SIGNER, Signer
from .test_cosignature import EVA, witness

LEDGER = making.ledger()
ROOT = Checkpoint.read(LEDGER.checkpoint(7).text).root


def ask(old: int, size: int, *signers: Signer) -> Request:
    """To cosign a ledger of ``size`` entries, of which the first ``old`` were cosigned."""
    return Request(old, tuple(LEDGER.consistency(old, size)), LEDGER.checkpoint(size, *signers))


def of(text: str, request: Request) -> Request:
    """The same for another checkpoint, signed by the ledger's key."""
    return replace(request, note=signed(text, [SIGNER]))


@pytest.fixture
def eva(tmp_path: Path) -> Witness:
    """She cosigned 4 entries."""
    eva = Witness(EVA, tmp_path / "seen", ManualClock())
    eva.cosign(ask(0, 4), SIGNER.key, first=True)
    return eva


def test_she_cosigns_what_extends_what_she_saw(eva: Witness) -> None:
    for old, size in ((4, 7), (7, 7), (7, 8), (8, 11)):
        note = eva.cosign(ask(old, size), SIGNER.key)
        note.require_signed_by(SIGNER.key)
        assert Checkpoint.read(note.text).size == size
        assert cosigned_at(note, EVA.key) == eva.clock.now()
        assert eva.memory.read_text() == str(note), "and remembers it"


def junk(count: int, *, long: int = 68) -> tuple[Signature, ...]:
    """Lines that anybody can write under a note: he needs no key."""
    return tuple(Signature(f"junk{number}", bytes(4), bytes(long)) for number in range(count))


@pytest.mark.parametrize(
    "added",
    [
        cosigned(LEDGER.checkpoint(7), witness("other.example", 9), ManualClock().now()).signatures[1:],
        junk(MOST_SIGNATURES - 1),
        junk(1, long=MOST_BYTES // 2),
        LEDGER.checkpoint(7).signatures * (MOST_SIGNATURES - 1),
    ],
    ids=["another witness's", "as many as there may be", "as long as there may be", "the ledger's own once more"],
)
def test_whoever_has_her_mail_in_hand_cannot_have_her_remember_his_lines(
    eva: Witness, added: tuple[Signature, ...]
) -> None:
    asked = ask(4, 7)
    asked = replace(asked, note=replace(asked.note, signatures=(*asked.note.signatures, *added)))
    note = eva.cosign(Request.read(str(asked).encode()), SIGNER.key)
    assert [each.name for each in note.signatures] == [SIGNER.key.name, EVA.key.name]
    assert eva.memory.read_text() == str(note)
    eva.cosign(ask(7, 8), SIGNER.key)


def test_what_she_could_not_read_back_is_not_cosigned(eva: Witness) -> None:
    before = eva.memory.read_bytes()
    text = str(Checkpoint(making.NAME, 7, ROOT)) + "x" * (MOST_BYTES - 300) + "\n"
    with pytest.raises(NotCosigned, match="sign a shorter one"):
        eva.cosign(of(text, ask(4, 7)), SIGNER.key)
    assert eva.memory.read_bytes() == before


def test_a_memory_with_too_many_lines_is_mended_as_she_is_told(eva: Witness) -> None:
    kept = read_note(eva.memory.read_bytes())
    eva.memory.write_text(str(replace(kept, signatures=(*junk(MOST_SIGNATURES), *kept.signatures))))
    with pytest.raises(NotCosigned, match=r"leave the ledger.s and that of witness\.example/w1"):
        eva.cosign(ask(4, 7), SIGNER.key)
    eva.memory.write_text(
        "".join(line for line in eva.memory.read_text().splitlines(keepends=True) if "junk" not in line)
    )
    eva.cosign(ask(4, 7), SIGNER.key)


def test_a_ledger_is_followed_to_its_next_key(eva: Witness) -> None:
    eva.cosign(ask(4, 7, NEXT), NEXT.key)
    with pytest.raises(NotCosigned, match="not signed by"):
        eva.cosign(ask(7, 8, NEXT), SIGNER.key)


FORKED = str(Checkpoint(making.NAME, 7, bytes(32)))
REWRITTEN = str(Checkpoint(making.NAME, 4, bytes(32)))
ELSEWHERE = str(Checkpoint("other.example", 7, ROOT))

REFUSED: dict[str, tuple[Callable[[], Request], str]] = {
    "smaller than what she cosigned": (lambda: ask(3, 3), "of 3 entries, and you cosigned 4"),
    "with a proof from another size": (lambda: ask(3, 7), "request --since 4"),
    "with a proof from nothing": (lambda: ask(0, 7), "request --since 4"),
    "forked": (lambda: of(FORKED, ask(4, 7)), "was changed or forked"),
    "of the same size and another root": (lambda: of(REWRITTEN, ask(4, 4)), "was changed or forked"),
    "without its proof": (lambda: replace(ask(4, 7), proof=()), "was changed or forked"),
    "with too long a proof": (lambda: replace(ask(4, 7), proof=(*ask(4, 7).proof, bytes(32))), "changed or forked"),
    "with a proof of what is the same": (lambda: replace(ask(4, 4), proof=(bytes(32),)), "was changed or forked"),
    "by another key": (lambda: ask(4, 7, NEXT), "not signed by"),
    "of another ledger by the same key": (lambda: of(ELSEWHERE, ask(4, 7)), "is of other.example"),
}


@pytest.mark.parametrize(("asked", "why"), REFUSED.values(), ids=REFUSED)
def test_she_never_cosigns_one(eva: Witness, asked: Callable[[], Request], why: str) -> None:
    before = eva.memory.read_bytes()
    with pytest.raises(NotCosigned, match=why):
        eva.cosign(asked(), SIGNER.key)
    assert eva.memory.read_bytes() == before


def test_a_ledger_under_another_name_needs_a_memory_of_its_own(eva: Witness) -> None:
    other = Signer("other.example")
    asked = replace(ask(4, 7), note=signed(ELSEWHERE, [other]))
    with pytest.raises(NotCosigned, match="keep one for each ledger"):
        eva.cosign(asked, other.key)


def test_an_empty_ledger_is_nothing_to_cosign(tmp_path: Path) -> None:
    with pytest.raises(NotCosigned, match="empty"):
        Witness(EVA, tmp_path / "seen", ManualClock()).cosign(ask(0, 0), SIGNER.key, first=True)


class TestMemory:
    def test_without_it_she_does_not_begin_anew_by_herself(self, eva: Witness) -> None:
        eva.memory.unlink()
        with pytest.raises(NotCosigned, match="is missing"):
            eva.cosign(ask(0, 7), SIGNER.key)

    def test_with_it_there_is_no_first_time(self, eva: Witness) -> None:
        with pytest.raises(NotCosigned, match="leave --first away"):
            eva.cosign(ask(0, 7), SIGNER.key, first=True)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "nonsense",
            str(LEDGER.checkpoint(4)),
            str(cosigned(LEDGER.checkpoint(4), EVA, ManualClock().now())).replace("\n4\n", "\n3\n"),
            str(cosigned(LEDGER.checkpoint(4), witness("other.example", 9), ManualClock().now())),
        ],
        ids=["empty", "nonsense", "not cosigned", "changed", "another's"],
    )
    def test_it_is_what_she_cosigned_or_nothing_is(self, eva: Witness, text: str) -> None:
        eva.memory.write_text(text)
        with pytest.raises(NotCosigned, match="is not"):
            eva.cosign(ask(4, 7), SIGNER.key)

    def test_where_it_cannot_be_written_nothing_is_cosigned(self, eva: Witness, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="nothing is cosigned without it"):
            replace(eva, memory=tmp_path / "absent" / "seen").cosign(ask(0, 4), SIGNER.key, first=True)


class TestKey:
    def _made(self, path: Path, *arguments: str) -> Path:
        subprocess.run(["openssl", "genpkey", *arguments, "-out", path], check=True, capture_output=True)
        path.chmod(0o600)
        return path

    def test_openssl_makes_one(self, tmp_path: Path) -> None:
        path = self._made(tmp_path / "key", "-algorithm", "ed25519")
        key = witness_key(path, "witness.example").key
        assert str(key).startswith("witness.example+")
        with pytest.raises(Misconfigured, match="no blanks"):
            witness_key(path, "two words")
        path.chmod(0o640)
        with pytest.raises(Misconfigured, match="chmod 600"):
            witness_key(path, "witness.example")

    def test_an_encrypted_one_needs_its_passphrase(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = self._made(tmp_path / "key", "-algorithm", "ed25519", "-aes256", "-pass", "pass:secret")
        for wrong in ("", "other"):
            monkeypatch.setenv("TALLY_KEY_PASSPHRASE", wrong)
            with pytest.raises(Misconfigured, match="TALLY_KEY_PASSPHRASE"):
                witness_key(path, "witness.example")
        monkeypatch.setenv("TALLY_KEY_PASSPHRASE", "secret")
        assert isinstance(witness_key(path, "witness.example").key, VerifierKey)

    def test_what_is_none_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="openssl genpkey"):
            witness_key(tmp_path / "absent", "witness.example")
        with pytest.raises(Misconfigured, match="no Ed25519 key"):
            witness_key(self._made(tmp_path / "rsa", "-algorithm", "rsa"), "witness.example")
        (tmp_path / "text").write_text("nonsense")
        (tmp_path / "text").chmod(0o600)
        with pytest.raises(Misconfigured, match="no private key"):
            witness_key(tmp_path / "text", "witness.example")

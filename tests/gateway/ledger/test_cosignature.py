"""Cosignatures (C2SP tlog-cosignature) and how a witness is asked for one (C2SP tlog-witness)."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.cosignature import MOST_PROOF, Request, WitnessKey, cosigned, cosigned_at
from gateway.ledger.note import Malformed, Note, NotSigned, VerifierKey, read_note, signed
from gateway.ledger.witness import WitnessSigner

from .test_note import OURS

NOTE = signed(str(Checkpoint("log.example", 5, bytes(range(32)))), [OURS])
AT = datetime(2026, 11, 26, 12, 0, 7, tzinfo=UTC)


def witness(name: str = "witness.example/w1", seed: int = 7) -> WitnessSigner:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return WitnessSigner(WitnessKey(name, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)), private)


EVA = witness()


def test_it_is_made_in_the_letters_of_the_specification() -> None:
    seconds = int(AT.timestamp())
    line = cosigned(NOTE, EVA, AT).signatures[-1]
    key_id = sha256(EVA.key.name.encode() + b"\n\x04" + EVA.key.public).digest()[:4]
    assert (line.name, line.key_id) == ("witness.example/w1", key_id)
    assert line.signature[:8] == seconds.to_bytes(8, "big")
    EVA.private.public_key().verify(
        line.signature[8:], b"cosignature/v1\ntime " + str(seconds).encode() + b"\n" + NOTE.text.encode()
    )
    encoded = b64encode(b"\x04" + EVA.key.public).decode()
    assert str(EVA.key) == f"witness.example/w1+{key_id.hex()}+{encoded}"
    assert WitnessKey.read(str(EVA.key)) == EVA.key


@given(st.integers(1, 253402300799), st.integers(0, 3))
def test_it_says_when_to_the_second_among_the_lines_of_others(seconds: int, others: int) -> None:
    at, note = datetime.fromtimestamp(seconds, UTC), NOTE
    for seed in range(others):
        note = cosigned(note, witness(f"w{seed}.example", seed + 1), AT)
    note = read_note(str(cosigned(note, EVA, at.replace(microsecond=999_999))).encode())
    assert cosigned_at(note, EVA.key) == at
    note.require_signed_by(OURS.key)
    assert cosigned_at(note, witness("another.example", 9).key) is None


def test_a_second_one_takes_the_place_of_the_first() -> None:
    later = AT.replace(hour=13)
    note = cosigned(cosigned(NOTE, EVA, AT), EVA, later)
    assert len(note.signatures) == 2
    assert cosigned_at(note, EVA.key) == later


def _line(note: Note, signature: bytes) -> Note:
    return replace(note, signatures=(*note.signatures[:-1], replace(note.signatures[-1], signature=signature)))


GOOD = cosigned(NOTE, EVA, AT)
LINE = GOOD.signatures[-1].signature


@pytest.mark.parametrize(
    "forged",
    [
        replace(GOOD, text=NOTE.text.replace("\n5\n", "\n6\n")),
        _line(GOOD, (1).to_bytes(8, "big") + LINE[8:]),
        _line(GOOD, bytes(8) + LINE[8:]),
        _line(GOOD, b"\xff" * 8 + LINE[8:]),
        _line(GOOD, LINE[:-1]),
        _line(GOOD, LINE + b"\0"),
        _line(GOOD, LINE[:8] + EVA.sign(NOTE.text.encode())),
        _line(GOOD, EVA.sign(NOTE.text.encode())),
        replace(GOOD, signatures=(replace(GOOD.signatures[-1], signature=bytes(72)), *GOOD.signatures)),
    ],
    ids=[
        "text",
        "time",
        "no time",
        "a time too late",
        "short",
        "long",
        "a note's signature",
        "no time at all",
        "first",
    ],
)
def test_what_is_forged_is_refused(forged: Note) -> None:
    with pytest.raises(NotSigned, match="does not hold"):
        cosigned_at(forged, EVA.key)


def test_a_key_for_notes_is_none_for_cosignatures() -> None:
    for text in (str(VerifierKey(EVA.key.name, EVA.key.public)), str(EVA.key)[:-1]):
        with pytest.raises(Malformed):
            WitnessKey.read(text)
    with pytest.raises(Malformed):
        VerifierKey.read(str(EVA.key))


@given(st.integers(0, 10**18), st.lists(st.binary(min_size=32, max_size=32), max_size=MOST_PROOF))
def test_a_request_is_read_as_it_was_written(old: int, proof: list[bytes]) -> None:
    request = Request(old, tuple(proof), GOOD)
    assert Request.read(str(request).encode()) == request


def test_a_request_is_in_the_form_of_the_specification() -> None:
    proof = b64encode(bytes(32)).decode()
    assert str(Request(3, (bytes(32),), NOTE)) == f"old 3\n{proof}\n\n{NOTE}"
    assert str(Request(0, (), NOTE)) == f"old 0\n\n{NOTE}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        str(NOTE).encode(),
        b"old 5",
        b"old 5\n\n",
        b"old 05\n\n" + str(NOTE).encode(),
        b"old -1\n\n" + str(NOTE).encode(),
        b"old 5 \n\n" + str(NOTE).encode(),
        b"new 5\n\n" + str(NOTE).encode(),
        b"old 5\nAAAA\n\n" + str(NOTE).encode(),
        b"old 5\n?\n\n" + str(NOTE).encode(),
        b"old 5\n\xff\n\n" + str(NOTE).encode(),
        b"old 5\n" + (b64encode(bytes(32)) + b"\n") * (MOST_PROOF + 1) + b"\n" + str(NOTE).encode(),
        b"old 5\n\n" + NOTE.text.encode(),
    ],
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Request.read(data)

"""Signed notes (C2SP signed-note): the example of the document, and all that must not pass."""

from base64 import b64encode
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.note import (
    MOST_SIGNATURES,
    Malformed,
    Note,
    NotSigned,
    Signature,
    VerifierKey,
    read_note,
    signed,
)
from gateway.ledger.signing_keys import FileSigner

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = """\
This is an example message.

\N{EM DASH} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
"""The example of the document, and its key."""

TEXT = "log.example\n5\nabc\n"


def signer(name: str = "log.example", seed: int = 1) -> FileSigner:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return FileSigner(VerifierKey(name, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)), private)


OURS, WITNESS = signer(), signer("witness.example", 2)


def test_the_published_example_holds() -> None:
    note = read_note(EXAMPLE.encode())
    key = VerifierKey.read(EXAMPLE_KEY)
    note.require_signed_by(key)
    assert (key.name, key.key_id.hex(), str(key)) == ("example.com/foo", "530d903a", EXAMPLE_KEY)
    assert str(note) == EXAMPLE
    assert note.text == "This is an example message.\n"


def test_lines_of_others_are_joined_to_one_text_alone() -> None:
    ours, theirs = signed(TEXT, [OURS]), signed(TEXT, [WITNESS, OURS])
    assert ours.joined(theirs) == signed(TEXT, [OURS, WITNESS])
    assert ours.joined(ours) == ours
    assert ours.joined(signed("log.example\n6\nabc\n", [WITNESS])) == ours
    many = [signer(f"w{seed}", seed) for seed in range(1, MOST_SIGNATURES + 1)]
    assert len(ours.joined(signed(TEXT, many)).signatures) == MOST_SIGNATURES


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5, unique=True))
def test_every_signer_is_verified_by_its_own_key(seeds: list[int]) -> None:
    signers = [signer(f"signer{seed}.example", seed) for seed in seeds]
    note = read_note(str(signed(TEXT, signers)).encode())
    for each in signers:
        note.require_signed_by(each.key)
    with pytest.raises(NotSigned, match="not signed by"):
        note.require_signed_by(signer("another.example", 77).key)


def _changed_text(note: Note) -> Note:
    return Note(note.text.replace("5", "6"), note.signatures)


def _forged(note: Note) -> Note:
    return Note(note.text, (Signature(OURS.key.name, OURS.key.key_id, bytes(64)), *note.signatures[1:]))


def _forged_before_the_right_one(note: Note) -> Note:
    return Note(note.text, (Signature(OURS.key.name, OURS.key.key_id, bytes(64)), *note.signatures))


def _forged_after_the_right_one(note: Note) -> Note:
    return Note(note.text, (*note.signatures, Signature(OURS.key.name, OURS.key.key_id, bytes(64))))


def _short(note: Note) -> Note:
    return Note(note.text, (Signature(OURS.key.name, OURS.key.key_id, note.signatures[0].signature[:-1]),))


def _of_another_key_with_the_same_id(note: Note) -> Note:
    """Four bytes can be found by trying; the key must be ours all the same."""
    other = signer(OURS.key.name, 9).sign(note.text.encode())
    return Note(note.text, (Signature(OURS.key.name, OURS.key.key_id, other),))


@pytest.mark.parametrize(
    "change",
    [
        _changed_text,
        _forged,
        _forged_before_the_right_one,
        _forged_after_the_right_one,
        _short,
        _of_another_key_with_the_same_id,
    ],
)
def test_a_wrong_signature_of_a_trusted_key_is_never_passed_over(change: Callable[[Note], Note]) -> None:
    note = read_note(str(change(signed(TEXT, [OURS, WITNESS]))).encode())
    with pytest.raises(NotSigned, match="does not hold"):
        note.require_signed_by(OURS.key)


def test_the_same_signature_twice_is_still_a_signature() -> None:
    note = signed(TEXT, [OURS, OURS])
    read_note(str(note).encode()).require_signed_by(OURS.key)


def test_signatures_of_others_say_nothing() -> None:
    """Neither for nor against: unknown kinds of signatures may stand there, and others' may be forged."""
    note = signed(TEXT, [OURS])
    strange = (Signature("else.example", b"abcd", b"x"), Signature(OURS.key.name, b"abcd", bytes(64)))
    read_note(str(Note(TEXT, (*strange, *note.signatures))).encode()).require_signed_by(OURS.key)
    with pytest.raises(NotSigned, match="not signed by"):
        read_note(str(Note(TEXT, strange)).encode()).require_signed_by(OURS.key)


GOOD = str(signed(TEXT, [OURS]))
LINE = GOOD.split("\n\n")[1]


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("", "ends with an empty line"),
        (TEXT, "ends with an empty line"),
        (TEXT + "\n", "ends with an empty line"),
        (GOOD[:-1], "ends with an empty line"),
        ("\n\n" + LINE, "ends with a line break"),
        (TEXT.replace("5", "5\r") + "\n" + LINE, "no control characters"),
        (TEXT.replace("5", "5\0") + "\n" + LINE, "no control characters"),
        (TEXT + "\n" + LINE.replace("\N{EM DASH}", "-"), "no signature line"),
        (TEXT + "\n" + LINE.replace("log.example", "log example"), "no signature line"),
        (TEXT + "\n" + LINE.replace("log.example", "log+example"), "no signature line"),
        (TEXT + "\n" + LINE[:-1] + " \n", "no signature line"),
        (TEXT + "\n" + LINE.replace("=", ""), "no base64"),
        (f"{TEXT}\n\N{EM DASH} log.example AAAA\n", "too short"),
        (f"{TEXT}\n\N{EM DASH} log.example AAAAAB==\n", "one form"),
        (TEXT + "\n" + LINE * (MOST_SIGNATURES + 1), "signatures at most"),
        ("x" * (1 << 20) + GOOD, "bytes long at most"),
    ],
)
def test_what_is_no_note(note: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read_note(note.encode())


@given(st.binary())
def test_bytes_are_a_note_or_refused(data: bytes) -> None:
    try:
        note = read_note(data)
    except Malformed:
        return
    assert str(note).encode() == data


def test_what_is_no_utf8_is_refused() -> None:
    with pytest.raises(Malformed, match="UTF-8"):
        read_note(b"\xff" + GOOD.encode())


@pytest.mark.parametrize("text", ["", "\n", "no line break", "a tab\t\n"])
def test_what_is_not_signed(text: str) -> None:
    with pytest.raises(Malformed):
        signed(text, [OURS])


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "is written"),
        ("example.com/foo", "is written"),
        (EXAMPLE_KEY.replace("530d903a", "530d903b"), "key id"),
        (EXAMPLE_KEY.replace("example.com", "example.org"), "key id"),
        (EXAMPLE_KEY[:-4], "no Ed25519"),
        ("a+00000000+" + b64encode(bytes(33)).decode(), "no Ed25519"),
        ("a+00000000+!", "no base64"),
        ("a b" + EXAMPLE_KEY.removeprefix("example.com/foo"), "no name and key"),
    ],
)
def test_what_is_no_verifier_key(key: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        VerifierKey.read(key)

"""A checkpoint in the text of a receipt: the same note comes out again, byte for byte, however the receipt was saved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.evidence import verify
from gateway.ledger.note import read_note, signed
from gateway.ledger.receipt_lines import note_in, receipt_lines

from .test_note import OURS, WITNESS

NOTE = signed(str(Checkpoint("log.example", 5, bytes(range(32)))), [OURS, WITNESS])
LINES = receipt_lines(NOTE)

SAVED = {
    "the lines alone": LINES,
    "a receipt": f"Content-Type: text/plain\r\n\r\nThe message was received.\r\n\r\n{LINES}\r\n\r\n--boundary\r\nDisposition: x\r\n",
    "with line breaks of Windows": LINES.replace("\n", "\r\n") + "\r\n--b--\r\n",
    "with line breaks of long ago": "Received.\r\r" + LINES.replace("\n", "\r") + "\r--b--\r",
    "the note itself": str(NOTE),
}


@pytest.mark.parametrize("saved", SAVED.values(), ids=SAVED)
def test_the_note_comes_out_again(saved: str) -> None:
    for found in (note_in, verify.note_in):
        assert found(saved.encode()).decode() == str(NOTE)
    note = read_note(note_in(saved.encode()))
    for key in (OURS.key, WITNESS.key):
        note.require_signed_by(key)


def test_they_are_plain_ascii_that_no_line_of_mime_is_like() -> None:
    assert LINES.isascii()
    assert all(line.startswith("Ledger-") and len(line) < 998 for line in LINES.split("\n"))


def test_what_could_not_be_given_again_is_left_out() -> None:
    assert receipt_lines(signed(NOTE.text + "an extension\n", [OURS])) == ""
    assert receipt_lines(signed(NOTE.text.replace("log", "lög"), [OURS])) == ""


@given(st.binary(max_size=300))
def test_anything_else_is_left_as_it_is(data: bytes) -> None:
    """The two that look for it find the same."""
    around = data + b"\n" + LINES.encode()[: len(data)] + b"\n"
    assert note_in(around) == verify.note_in(around)
    assert note_in(data) == data

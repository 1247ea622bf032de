"""A checkpoint in plain ASCII lines, as it stands at the end of a signed receipt, and found again in whatever the receipt was saved as.

A signed note has a dash that is no ASCII, and receipts are 7-bit text to many products; a line that began with two hyphens instead could be
taken for a boundary. So the note is written in lines that are neither, and give it again byte for byte::

    Ledger-Checkpoint: ORIGIN SIZE ROOT
    Ledger-Signature: NAME BASE64
"""

import re

from .checkpoint import Checkpoint
from .note import Note

_CHECKPOINT = re.compile(rb"^Ledger-Checkpoint: ([!-~]+) ([0-9]+) ([A-Za-z0-9+/=]+)$")
_SIGNATURE = re.compile(rb"^Ledger-Signature: ([!-~]+) ([A-Za-z0-9+/=]+)$")
_BREAK = re.compile(rb"\r\n|\r|\n")


def receipt_lines(checkpoint: Note) -> str:
    """The lines for a signed checkpoint; empty for a ledger whose name is not ASCII, or one with extensions."""
    said = Checkpoint.read(checkpoint.text)
    if str(said) != checkpoint.text or not str(checkpoint).replace("\N{EM DASH}", "").isascii():
        return ""
    lines = [f"Ledger-Checkpoint: {' '.join(checkpoint.text.split())}"]
    lines += [f"Ledger-Signature: {str(each).partition(' ')[2]}" for each in checkpoint.signatures]
    return "\n".join(lines)


def note_in(saved: bytes) -> bytes:
    """The signed note in a saved receipt, as the first of such lines give it; what was saved where there are none, which may be a note."""
    body, signatures = b"", []
    for line in _BREAK.split(saved):
        if not body:
            found = _CHECKPOINT.match(line)
            body = b"" if found is None else b"".join(part + b"\n" for part in found.groups())
        elif (signature := _SIGNATURE.match(line)) is not None:
            signatures.append("\N{EM DASH} ".encode() + b" ".join(signature.groups()) + b"\n")
        else:
            break
    return body + b"\n" + b"".join(signatures) if body else saved

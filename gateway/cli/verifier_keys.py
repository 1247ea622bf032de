"""Verifier keys as people give them: typed, or the name of a file that holds one."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from canonical.errors import Misconfigured

from ..ledger.cosignature import WitnessKey
from ..ledger.evidence.checking import trusted_key, trusted_witness
from ..ledger.note import VerifierKey

Key = TypeVar("Key")

_LARGEST = 4096


def key_of(given: str) -> VerifierKey:
    """The key of a ledger. Raises Misconfigured."""
    return _read(given, trusted_key)


def witness_of(given: str) -> WitnessKey:
    """The key of a witness. Raises Misconfigured."""
    return _read(given, trusted_witness)


def _read(given: str, read: Callable[[str], Key]) -> Key:
    try:
        return read(given)
    except Misconfigured:
        try:
            with Path(given).open("rb") as file:
                text = file.read(_LARGEST).decode()
        except (OSError, ValueError):
            text = given
        return read(text)

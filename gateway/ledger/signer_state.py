"""What the signer of checkpoints keeps for itself, in a file that no database can put back."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from canonical.errors import Misconfigured, Retryable
from spool.durability import write_private

from ..operations.instruction import NotPossible
from .note import Malformed

KEY_NAME = "ledger.key"
"""The file among a home's keys in which the first key of the ledger is."""

STATE_NAME = "ledger.state.json"
"""The file with what was signed last, beside the key."""

BEGINNING = '{"checkpoint": null}'
"""The state of a signer that signed nothing yet."""


class NotSignable(NotPossible):
    """The ledger is not the one that was signed before."""


@dataclass(frozen=True, slots=True)
class SignerState:
    """The ``checkpoint`` that was signed last, None before the first, and by which keys it goes on.

    ``signing`` is where the keys are that sign: the ledger's own first, behind it the one that retires at ``until``. ``rotations`` are the
    notes by which each key handed over to the next.
    """

    checkpoint: str | None = None
    signing: tuple[str, ...] = (KEY_NAME,)
    rotations: tuple[str, ...] = ()
    until: datetime | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises NotSignable where the file is missing, Malformed where it is damaged, Misconfigured where it cannot be read."""
        try:
            value = json.loads(_text(path))
        except ValueError as error:
            raise Malformed("it is no JSON") from error
        if not isinstance(value, dict) or "checkpoint" not in value:
            raise Malformed("it holds no checkpoint")
        if not isinstance(value["checkpoint"], str | None):
            raise Malformed("its checkpoint is no text")
        until = value.get("until")
        return cls(
            value["checkpoint"],
            tuple(map(str, value.get("signing", (KEY_NAME,)))),
            tuple(map(str, value.get("rotations", ()))),
            None if until is None else datetime.fromisoformat(until),
        )

    def write(self, path: Path) -> None:
        """Durable before it returns, readable by the owner only. Raises Retryable where it cannot be."""
        value: dict[str, Any] = {"checkpoint": self.checkpoint}
        if self.rotations:
            value |= {"signing": self.signing, "rotations": self.rotations}
        if self.until is not None:
            value["until"] = self.until.isoformat()
        try:
            write_private(path, json.dumps(value, ensure_ascii=False).encode(), replacing=True)
        except OSError as error:
            raise Retryable(
                f"{path} cannot be written: {error.strerror}. Nothing is signed without it: see that this user may write to its folder, "
                "and that there is room."
            ) from error


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Kept from other processes that sign by the same files, until the block ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise NotSignable(
            f"{path} is missing: without it nobody knows what was signed last, and nothing is signed. Restore it from a backup. Where it "
            f"is lost for good, take {path.parent}/ledger*.key away and put {BEGINNING} in its place: a new key begins anew, and auditors "
            "must be given it."
        ) from error
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}.") from error

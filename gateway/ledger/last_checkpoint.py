"""The checkpoint that was signed last, as receipts tell it: cheap enough for every message."""

from pathlib import Path

from canonical.errors import TallyError

from .note import Malformed, read_note
from .receipt_lines import receipt_lines
from .signer_state import SignerState

_Version = tuple[int, int]


class LastCheckpoint:
    """Reads what the signer keeps in ``state`` only when that has changed; signs nothing, and never fails."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._kept: tuple[_Version, str] | None = None

    def __call__(self) -> str:
        """Its lines (:mod:`.receipt_lines`); empty before the first, and where they cannot be read."""
        try:
            found = self._state.stat()
        except OSError:
            return ""
        # It is replaced as a whole, and so another file each time.
        version = (found.st_ino, found.st_mtime_ns)
        kept = self._kept
        if kept is None or kept[0] != version:
            kept = self._kept = (version, self._read())
        return kept[1]

    def _read(self) -> str:
        try:
            checkpoint = SignerState.read(self._state).checkpoint
            return "" if checkpoint is None else receipt_lines(read_note(checkpoint.encode()))
        except (TallyError, Malformed):
            return ""

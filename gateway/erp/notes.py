"""What was handed over to the ERP: a note beside each file, by which it is not handed over again though the importer took it away."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .disk import explained, publish, read_bounded, sync_directory
from .port import IdempotencyKey

DONE = ".done"
ERROR = ".error"
"""What the importer puts behind the name of a file that it took or refused; behind that of a note: its answer was collected."""

_NOTE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes in ``folder``, each under the name of its file (:func:`file_name`)."""

    folder: Path

    def has(self, name: str) -> bool:
        """Whether a file was handed over, also where no more than that is to be known of it."""
        return any((self.folder / each).exists() for each in (name, blanked(name)))

    def keep(self, name: str, key: IdempotencyKey) -> None:
        """Remember for good that a file was handed over."""
        with explained(f"note {name} in {self.folder}"):
            if not self.has(name):
                self.write(name, key)

    def write(self, name: str, key: IdempotencyKey) -> None:
        """Write it whatever there is."""
        publish(self.folder / name, json.dumps(asdict(key)).encode())

    def key_of(self, name: str) -> IdempotencyKey | None:
        """What the note of a file says; None where it is gone or damaged."""
        try:
            data, _ = read_bounded(self.folder / name, _NOTE_BYTES)
            key = IdempotencyKey(**json.loads(data))
            return key if file_name(key) == name else None
        except (OSError, ValueError, TypeError, RecursionError):
            return None

    def forget(self, keys: Sequence[IdempotencyKey]) -> None:
        """Keep of what was handed over under these keys no more than a digest, by which it is not handed over again.

        The importer's answers to it are not collected any more. Files that it has are its own. Raises Retryable where the folder is not
        there: its share may be back with all that was to be forgotten.
        """
        with explained(f"forget what was handed over in {self.folder}"):
            self.folder.stat()
            noted = {name: noted for name in map(file_name, keys) if (noted := self._notes_of(name))}
            for name in noted:
                (self.folder / blanked(name)).touch()
            if not noted:
                return
            # Whatever a power failure leaves, one of both is there.
            sync_directory(self.folder)
            for path in (path for paths in noted.values() for path in paths):
                path.unlink(missing_ok=True)
            sync_directory(self.folder)

    def _notes_of(self, name: str) -> list[Path]:
        """What says that a file was handed over, or that its answer was collected."""
        return [path for path in (self.folder / f"{name}{suffix}" for suffix in ("", DONE, ERROR)) if path.exists()]


def file_name(key: IdempotencyKey) -> str:
    """The name under which a document is handed over: readable, safe on any file system, and one a key."""
    digest = short_hash(key.partner, key.document_type, key.number, key.revision)
    return f"{readable(key.document_type)}-{readable(key.partner)}-{readable(key.number)}-{digest}.json"


def blanked(name: str) -> str:
    """Of the name of a file that was handed over the digest at its end."""
    return name.rpartition("-")[2]


def readable(text: str) -> str:
    """As much of a text as may stand in a name on any file system."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)[:50] or "_"


def short_hash(*parts: str) -> str:
    """What tells names apart whose readable parts are the same."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

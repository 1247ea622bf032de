"""What the folders of every partner are made of."""

from dataclasses import dataclass
from pathlib import Path

from canonical.identity import PartnerId
from spool.blobs import BlobStore

from ..port import Collected, Intake, Received
from .uploads import Temporaries


@dataclass(frozen=True, slots=True)
class FileServices:
    """``root`` holds ``<partner>/outbox``; ``staging`` is the server's alone, on the file system of the blobs."""

    intake: Intake
    received: Received
    collected: Collected
    blobs: BlobStore
    temporaries: Temporaries
    root: Path
    staging: Path

    def outbox(self, partner: PartnerId) -> Path:
        return self.root / partner / "outbox"

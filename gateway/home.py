"""The layout of a home: where everything of one gateway lies (DESIGN §10)."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from canonical.errors import Misconfigured
from spool.database.leaving import note_of

from .settings import TOML_NAME, example_toml


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one state directory. Creating them is :meth:`create`'s business alone."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "tally.db"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def partners(self) -> Path:
        return self.root / "partners"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def sftp(self) -> Path:
        """Per partner, what it sees over SFTP."""
        return self.root / "sftp"

    @property
    def staging(self) -> Path:
        """Uploads that are not complete; on the same file system as the blobs."""
        return self.root / "staging"

    @property
    def drop(self) -> Path:
        """Watched folders, one a partner."""
        return self.root / "drop"

    @property
    def erp(self) -> Path:
        return self.root / "erp"

    def create(self) -> None:
        """Make what is missing, but for the ERP's folder. Everything is for the owner only: payloads and keys lie here."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for directory in (self.blobs, self.partners, self.keys, self.sftp, self.staging, self.drop):
                directory.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Misconfigured(
                f"The home {self.root} cannot be made: {error.strerror}. Choose another with --home."
            ) from error
        toml = self.root / TOML_NAME
        if not toml.exists():
            toml.write_text(example_toml(), "utf-8")

    def create_erp(self) -> None:
        """Make the ERP's folder; what lies in it is the adapter's to make."""
        try:
            self.erp.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"The ERP's folder {self.erp} cannot be made: {error.strerror}.") from error

    @property
    def has_erp(self) -> bool:
        """Whether the ERP's folder is there by name. It is not looked at: it may be a share that does not answer."""
        return any(entry.name == self.erp.name for entry in self.root.iterdir())

    def require(self) -> None:
        """Refuse to work on something that is no home, rather than make an empty one by a typing mistake."""
        if not (self.root / TOML_NAME).exists():
            raise Misconfigured(
                f"{self.root} is no Tallystick home (it has no {TOML_NAME}). `tally --home {self.root} init` makes one."
            )
        if not os.access(self.root, os.W_OK):
            raise Misconfigured(f"The home {self.root} is not writable for this user.")

    @property
    def moved(self) -> Path:
        """There once the home's database was moved elsewhere; says where to."""
        return note_of(self.database)

    def require_not_moved(self) -> None:
        """Refuse to go on with a file whose content lives elsewhere: numbers would be given twice, and what is taken in be lost."""
        if self.moved.exists():
            raise Misconfigured(
                f"The database of {self.root} was moved to {self.moved.read_text('utf-8').strip()}; tally.db knows nothing of what "
                "happened since. Set TALLY_DATABASE_URL to it, or database_url in tally.toml. To give up what is there and go back to "
                f"tally.db, remove {self.moved}."
            )

    def require_database(self) -> None:
        """Refuse to go on with an empty database where there was one: every answer would be that nothing ever happened."""
        self.require_not_moved()
        if not self.database.exists():
            raise Misconfigured(
                f"The home {self.root} has no tally.db. If its database is a server's, set TALLY_DATABASE_URL here too, as where it is "
                "served, or database_url in tally.toml. If the file is lost, restore a backup into another home: `tally restore`. "
                f"`tally --home {self.root} init` begins anew, with nothing in it."
            )

    @contextmanager
    def served_by_us(self) -> Iterator[None]:
        """Refuse a home that another process serves; the lock goes with the process, however it ends."""
        descriptor = os.open(self.root / "serve.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Misconfigured(f"Another process serves {self.root} already. Stop it first.") from error
            yield
        finally:
            os.close(descriptor)

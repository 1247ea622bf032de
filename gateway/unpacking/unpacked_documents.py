"""The documents of a received file, in their order: few are kept in memory, of more only the last ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, overload

from pydantic import TypeAdapter

from canonical.document import EnvelopeReference
from canonical.finding import Finding
from canonical.functional_acknowledgement import FunctionalAcknowledgement
from canonical.interchange_acknowledgement import InterchangeAcknowledgement

BLOCK = 200
"""Documents that are put aside together; a file with fewer has them all in memory."""

Place = tuple[int, int]
"""Where something is in the file it is put aside in, and its size in bytes."""


@dataclass(slots=True)
class UnpackedDocument:
    """One document of the file. At most one of these says that it is not for the ERP: ``rejected`` (its sender's fault, and why),
    ``held`` (an administrator must decide, and why), ``answer`` (it is itself an answer to something we sent). ``told`` is what
    its sender hears of that beyond an acknowledgement. ``interchange`` counts from 0, ``group`` from 1 through the file."""

    interchange: int
    group: int | None
    set_id: str | None
    type: str
    envelope: EnvelopeReference
    test: bool
    findings: tuple[Finding, ...]
    number: str | None = None
    orders: tuple[str, ...] = ()
    business_key: str | None = None
    content_sha256: str | None = None
    place: Place | None = None
    rejected: str | None = None
    held: str | None = None
    told: str | None = None
    answer: FunctionalAcknowledgement | InterchangeAcknowledgement | None = None

    @property
    def usable(self) -> bool:
        return self.rejected is None and self.held is None


_BLOCKS: TypeAdapter[list[UnpackedDocument]] = TypeAdapter(list[UnpackedDocument])


class UnpackedDocuments(Sequence[UnpackedDocument]):
    """What is appended must not be changed any more: a change would be lost once it is put aside in ``file``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: list[Place] = []
        self._last: list[UnpackedDocument] = []
        self._read: tuple[int, list[UnpackedDocument]] = 0, []

    def append(self, document: UnpackedDocument) -> None:
        if len(self._last) == BLOCK:
            self._places.append(put_aside(self._file, _BLOCKS.dump_json(self._last)))
            self._last = []
        self._last.append(document)

    def __len__(self) -> int:
        return len(self._places) * BLOCK + len(self._last)

    @overload
    def __getitem__(self, index: int) -> UnpackedDocument: ...
    @overload
    def __getitem__(self, index: slice) -> list[UnpackedDocument]: ...
    def __getitem__(self, index: int | slice) -> UnpackedDocument | list[UnpackedDocument]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        block, position = divmod(range(len(self))[index], BLOCK)
        return self._last[position] if block == len(self._places) else self._block(block)[position]

    def _block(self, number: int) -> list[UnpackedDocument]:
        """A block that was put aside; the one asked for last is at hand."""
        if not self._read[1] or self._read[0] != number:
            self._read = number, _BLOCKS.validate_json(read_back(self._file, self._places[number]))
        return self._read[1]


def put_aside(file: IO[bytes], data: bytes) -> Place:
    """Add bytes to a file; where they are."""
    start = file.seek(0, 2)
    file.write(data)
    return start, len(data)


def read_back(file: IO[bytes], place: Place) -> bytes:
    """What was put aside."""
    start, size = place
    file.seek(start)
    return file.read(size)

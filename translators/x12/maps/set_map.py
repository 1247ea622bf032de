"""The map of one transaction set, made of the places it understands."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import ValidationError

from canonical.documents import ANY_DOCUMENT, AnyDocument
from canonical.finding import Severity

from ...translation import ReadResult
from ..body import Body
from ..segments import Node, TransactionSet
from ..structure import Plan
from .compiled_reader import Check, CompiledReader
from .compiled_records import Unusual
from .compiled_set import CompiledSet
from .findings import BusinessFault
from .layout import layout
from .loops import Child
from .reading import Fields, Place, Reading, head_of
from .records import Record
from .writing import Draft


@dataclass(frozen=True, slots=True)
class SetMap:
    """Reads and writes one transaction set. ``head`` is its first segment; ``children`` all that is understood below it."""

    set_id: str
    document_type: type
    head: Record
    children: tuple[Child, ...]
    checks: tuple[Check, ...] = ()
    _compiled: dict[str, CompiledSet] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The compiled form for writing by version, as far as there was need of it."""
    _readers: MutableMapping[Plan, CompiledReader] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False, compare=False
    )
    """The compiled form for reading by plan, likewise."""

    def read(self, source: Body | TransactionSet) -> ReadResult:
        """The document in a valid set, what the set says beyond it, and what does not add up."""
        if isinstance(source, TransactionSet):
            return self.read_exactly(source)
        try:
            return ReadResult(self._reader(source.plan).read(source, partial(self._trace, source)))
        except Unusual:
            return self.read_exactly(source.tree)

    def read_exactly(self, transaction_set: TransactionSet) -> ReadResult:
        """As :meth:`read`, by the tree of the set: what it means, and what is wrong with it."""
        reading = Reading()
        ordered = self.arranged(transaction_set, reading)
        place = Place(ordered.children)
        fields = self._fields(place, reading)
        if fields is None:
            return ReadResult(None, reading.findings(transaction_set))
        fields["type"] = self.document_type.__name__
        fields["unmapped"] = reading.unmapped(ordered)
        fields["trace"] = reading.trace(transaction_set)
        try:
            document = ANY_DOCUMENT.validate_python(fields)
        except ValidationError as error:
            self._refuse(error, place, reading)
            return ReadResult(None, reading.findings(transaction_set))
        for check in self.checks:
            check(document, reading)
        return ReadResult(document, reading.findings(transaction_set))

    def _fields(self, place: Place, reading: Reading) -> Fields | None:
        """What the map understands; None where there can be no document."""
        fields = self._head(place, reading)
        if fields is None or reading.failed:
            return None
        for child in self.children:
            child.read(place, fields, reading, "")
        return fields

    def _trace(self, body: Body) -> dict[str, str]:
        """The trace of a set that was read."""
        reading = Reading()
        self._fields(Place(self.arranged(body.tree, reading).children), reading)
        return reading.trace(body.tree)

    def _reader(self, plan: Plan) -> CompiledReader:
        """The compiled form for reading under a plan."""
        reader = self._readers.get(plan)
        if reader is None:
            reader = CompiledReader(plan, self.document_type, self.head, self.children, self.checks)
            self._readers[plan] = reader
        return reader

    def write(self, document: AnyDocument, version: str) -> Sequence[Node]:
        """The nodes of the set that says what ``document`` says. Raises CannotWrite where it has no place for something."""
        if not isinstance(document, self.document_type):
            raise TypeError(f"the map of {self.set_id} cannot write a {document.type}")
        fitting = self.fitted(document, version)
        make = partial(self._drafted, fitting, version)
        if version not in self._compiled:
            self._compiled[version] = CompiledSet(self.set_id, version, self.head, self.children)
        found = self._compiled[version].write(fitting, make)
        return make() if found is None else found

    def write_exactly(self, document: AnyDocument, version: str) -> Sequence[Node]:
        """As :meth:`write`, segment by segment: what it means, and why something cannot be written."""
        return self._drafted(self.fitted(document, version), version)

    def _drafted(self, document: Any, version: str) -> Sequence[Node]:
        root = Draft("", layout(self.set_id, version))
        self.head.write(document, root.add(self.head.id))
        for child in self.children:
            child.write(document, root)
        root.put_back(document.unmapped)
        return root.nodes()

    def fitted(self, document: AnyDocument, version: str) -> AnyDocument:
        """The document as this version of the set can say it. Raises CannotWrite where it cannot."""
        return document

    def arranged(self, transaction_set: TransactionSet, reading: Reading) -> TransactionSet:
        """The set in the order that ``write`` would give it. Faults that prevent that are remarks of ``reading``."""
        return transaction_set

    def _refuse(self, error: ValidationError, place: Place, reading: Reading) -> None:
        """Say what a document cannot do without and this set, which cannot be valid, does not have."""
        node = place.first(self.head.id)
        for detail in error.errors(include_url=False, include_context=False, include_input=False):
            field = ".".join(str(step) for step in detail["loc"][1:])
            message = f"The set does not say {field.replace('_', ' ')}, or not in a form that can be read. Correct it."
            reading.remark(
                BusinessFault.VALUE_MISSING, Severity.ERROR, message, node=None if node is None else head_of(node)
            )

    def _head(self, place: Place, reading: Reading) -> Fields | None:
        node = place.first(self.head.id)
        if node is None:
            message = (
                f"The set does not begin with {self.head.id}. Send that segment with the document's number and date."
            )
            reading.remark(BusinessFault.HEAD_UNREADABLE, Severity.ERROR, message)
            return None
        head = head_of(node)
        fields = self.head.read(head, reading, "")
        if fields is None:
            wanted = ", ".join(
                f"{self.head.id}{part.position:02d} ({part.name.replace('_', ' ')})"
                for part in self.head.parts
                if part.name in self.head.needed
            )
            message = f"{self.head.id} lacks, or has in a form that cannot be read, one of {wanted}. Correct it and send again."
            reading.remark(BusinessFault.HEAD_UNREADABLE, Severity.ERROR, message, node=head)
        return fields

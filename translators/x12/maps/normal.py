"""What ``write(read(x))`` and ``read(write(d))`` may change, and nothing else.

Of a transaction set: delimiters and control numbers belong to the envelope and are not looked at here, and then

* empty elements at a segment's end, and empty components at a composite's end, are left out;
* numbers (X12 types N and R) take their shortest form: ``007`` is ``7``, ``1.50`` is ``1.5``, ``0.5`` is ``.5``;
* times (type TM) lose seconds and fractions that are zero: ``123000`` is ``1230``;
* ship notices number their levels 1, 2, 3, ... depth first (HL01, HL02); levels that stand in another order are moved.

Counts (CTT01, CTT02) stay as they were stated. Of a document: ``trace`` and ``envelope`` say where it was found, not what it
says; the number of lines, or the total quantity, is filled in where it was not stated, because a written set states it.
"""

from contextlib import suppress
from decimal import Decimal

from canonical.acknowledgement import PurchaseOrderAcknowledgement
from canonical.base import Value
from canonical.catalog import PriceCatalog
from canonical.documents import AnyDocument
from canonical.inventory import InventoryAdvice
from canonical.invoice import Invoice
from canonical.order import PurchaseOrder
from canonical.order_change import PurchaseOrderChange, PurchaseOrderChangeAcknowledgement
from canonical.shipment import ShipNotice
from canonical.stock_transfer import StockTransferReceipt, StockTransferShipment
from canonical.warehouse_order import WarehouseShippingOrder
from canonical.warehouse_shipment import WarehouseShippingAdvice

from ..schema import CompositeDef, ElementDef, dictionary
from ..segments import Element, LoopNode, Node, Repeated, Segment, SegmentNode, Single, TransactionSet
from ..values import is_real, is_whole, parse_time, render_real, render_time
from .hierarchy import arranged, hierarchy, number_of
from .reading import Reading, head_of, trimmed_single

_COUNTED = (
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderAcknowledgement,
    PurchaseOrderChangeAcknowledgement,
    ShipNotice,
    Invoice,
    InventoryAdvice,
    PriceCatalog,
)
"""Documents that end with the number of their lines."""

_TOTALLED = (WarehouseShippingOrder, WarehouseShippingAdvice, StockTransferShipment, StockTransferReceipt)
"""Documents that end with the sum of their quantities."""


def normal_set(transaction_set: TransactionSet) -> TransactionSet:
    """The set in normal form: two sets that say the same have equal ones. Places in the file are left out."""
    tables = dictionary(transaction_set.version).segments
    types = {tag: [use.definition for use in definition.uses] for tag, definition in tables.items()}

    def segment(found: Segment) -> Segment:
        definitions = types.get(found.tag, [])
        elements = [
            _element(element, definitions[index] if index < len(definitions) else None)
            for index, element in enumerate(found.elements)
        ]
        while elements and not elements[-1]:
            elements.pop()
        return Segment(found.tag, tuple(elements))

    def node(found: Node) -> Node:
        if isinstance(found, SegmentNode):
            return SegmentNode(found.id, segment(found.segment))
        return LoopNode(found.id, [node(child) for child in found.children])

    children = _renumbered(transaction_set)
    return TransactionSet(transaction_set.set_id, transaction_set.version, [node(child) for child in children])


def _element(element: Element, definition: ElementDef | CompositeDef | None) -> Element:
    if isinstance(element, Repeated):
        found = tuple(single for each in element.occurrences if any(single := _single(each, definition)))
        return found[0] if len(found) == 1 else Repeated(found) if found else ""
    return _single(element, definition)


def _single(element: Single, definition: ElementDef | CompositeDef | None) -> Single:
    if isinstance(definition, CompositeDef):
        parts = (element,) if isinstance(element, str) else element
        types = [use.definition for use in definition.uses]
        texts = tuple(_simple(part, types[at] if at < len(types) else None) for at, part in enumerate(parts))
        short = trimmed_single(texts)
        return short[0] if len(short) == 1 else short
    short = trimmed_single(element)
    return _simple(short, definition) if isinstance(short, str) else short


def _simple(text: str, definition: ElementDef | CompositeDef | None) -> str:
    if not text or not isinstance(definition, ElementDef):
        return text
    if (definition.type == "R" and is_real(text)) or (definition.type[0] == "N" and is_whole(text)):
        return render_real(Decimal(text))
    if definition.type == "TM":
        with suppress(ValueError):
            time = parse_time(text)
            return text if time is None else render_time(time)
    return text


def _renumbered(transaction_set: TransactionSet) -> list[Node]:
    """The children with HL loops depth first and numbered so."""
    levels = [node for node in transaction_set.children if node.id == "HL"]
    tree = hierarchy(levels, Reading())
    if not levels or tree is None:
        return transaction_set.children
    numbers = {number_of(node): str(number) for number, node in enumerate(tree.ordered, 1)}
    numbers[""] = ""
    return [
        _numbered(node, numbers) if isinstance(node, LoopNode) and node.id == "HL" else node
        for node in arranged(transaction_set, tree).children
    ]


def _numbered(loop: LoopNode, numbers: dict[str, str]) -> LoopNode:
    head = head_of(loop)
    found = head.segment
    elements = (numbers[found.text(1)], numbers[found.text(2)], *found.elements[2:])
    return LoopNode(loop.id, [SegmentNode(head.id, Segment(found.tag, elements)), *loop.children[1:]])


_WAREHOUSE_TOTALS = {"W76[1]", "W03[1]", "W14[1]"}


def comparable(document: AnyDocument) -> Value:
    """The document without what only says where it was found, and with its lines counted."""
    changes: dict[str, object] = {"trace": {}, "envelope": None}
    absent = {entry.source for entry in document.unmapped if entry.value == ""}
    if isinstance(document, _COUNTED) and document.line_count is None and "CTT[1]" not in absent:
        lines = document.walk() if isinstance(document, ShipNotice) else document.lines
        changes["line_count"] = sum(1 for _ in lines)
    if isinstance(document, _TOTALLED) and document.total_quantity is None and not absent & _WAREHOUSE_TOTALS:
        changes["total_quantity"] = document.quantity_sum
    return document.model_copy(update=changes)

"""944, the warehouse stock transfer receipt advice: what has arrived of a shipment to a warehouse (943).

From 005010 on the lines stand on pallets or cartons (LX); before, they stand alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from canonical.documents import AnyDocument
from canonical.finding import Severity
from canonical.shipment import Equipment
from canonical.stock_transfer import (
    LoadTemperature,
    ReceivedGroup,
    ReceivedLine,
    ReceivingException,
    StockTransferReceipt,
)
from canonical.warehouse import Carriage

from ..values import CannotWrite
from . import checks
from .code_tables import MODES
from .codes_warehouse import (
    DAMAGE_REASONS,
    LOAD_PLACES,
    RECEIVING_CONDITIONS,
    REPORT_DETAILS,
    SEAL_STATUSES,
    UNIT_LOADS,
)
from .findings import BusinessFault
from .forms import CLOCK, DAY, REAL, WHOLE, coded
from .layout import layout
from .loops import Each, Loop, One, each
from .parts_delivery import MARK, Scac
from .parts_item import Remarks, quantity
from .parts_money import Totals
from .parts_party import PARTIES
from .parts_warehouse import (
    NOT_IN_FULL,
    PACKING,
    PALLET,
    Carried,
    ItemCodes,
    Words,
    numbers,
    people,
    warehouse_dates,
)
from .reading import Fields, Place, Reading, head_of
from .records import Field, Fixed, Group, Record, Series
from .set_map import SetMap
from .writing import Draft

_ARRIVED = "R"
"""W1706 (element 176) says what the time is of: the actual arrival."""

_MISSING = frozenset({"short", "not_received"})

_HEAD = Record(
    "W17",
    StockTransferReceipt,
    Field("detail", 1, coded(REPORT_DETAILS)),
    Field("received_on", 2, DAY),
    Field("number", 3),
    Field("transfer_number", 4),
    Field("shipment_number", 5),
    Field("received_at", 7, CLOCK),
    Field("master_reference", 8),
    Field("link_sequence", 9),
    fixed=(Fixed(6, _ARRIVED, beside=7),),
    needed=("received_on", "number"),
)

_CARRIAGE = Record(
    "W08",
    Carriage,
    Field("mode", 1, coded(MODES)),
    Scac(position=2),
    Field("routing", 3),
    Group("equipment", Equipment, (Field("initial", 4), Field("number", 5))),
    Series("seals", 6, 7),
    Field("seal_status", 8, coded(SEAL_STATUSES)),
    Field("unit_load", 9, coded(UNIT_LOADS)),
)

_TEMPERATURE = Record(
    "W18",
    LoadTemperature,
    Field("place", 1, coded(LOAD_PLACES)),
    quantity("temperature", 2, 3),
    needed=("place", "temperature"),
)

_EXCEPTION = Record(
    "W13",
    ReceivingException,
    quantity("quantity", 1, 2),
    Field("condition", 3, coded(RECEIVING_CONDITIONS)),
    Field("lot", 4),
    Field("damage", 5, coded(DAMAGE_REASONS)),
    needed=("quantity", "condition"),
)

_LINE = Record("W07", ReceivedLine, quantity("quantity", 1, 2), Field("lot", 8))

_LINES = Each(
    "lines",
    Loop(
        _LINE,
        (
            ItemCodes(case=3, places=(4, 6, 10)),
            Words(),
            numbers(),
            each("packing", PACKING),
            each("exceptions", _EXCEPTION, numbers()),
        ),
        always=True,
    ),
)

_GROUPS = Each(
    "groups",
    Loop(
        Record("LX", ReceivedGroup, Field("number", 1, WHOLE), needed=("number",)),
        (each("marks", MARK), One("pallet", PALLET), numbers(), _LINES),
    ),
)

_TOTALS = Record(
    "W14",
    StockTransferReceipt,
    Field("total_quantity", 1, REAL),
    Field("total_shipped", 2, REAL),
    Field("total_unfit", 3, REAL),
    Field("packages_received", 4, WHOLE),
    Field("packages_shipped", 5, WHOLE),
)


@dataclass(frozen=True, slots=True)
class _Received:
    """Groups of lines, or lines alone, which make one group without a number."""

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        _GROUPS.read(place, fields, reading, at)
        lines = place.nodes(_LINE.id)
        if lines:
            group: Fields = {}
            path = f"{at}groups.{len(fields['groups'])}"
            _LINES.read(place, group, reading, f"{path}.")
            reading.origin(path, head_of(lines[0]))
            fields["groups"].append(group)

    def write(self, value: StockTransferReceipt, draft: Draft) -> None:
        for group in value.groups:
            if group.number is None:
                _LINES.write(group, draft)
            else:
                _GROUPS.loop.write(group, draft)


@dataclass(frozen=True, slots=True)
class _ReceiptMap(SetMap):
    def fitted(self, document: AnyDocument, version: str) -> AnyDocument:
        assert isinstance(document, StockTransferReceipt)
        grouped = _GROUPS.loop.record.id in layout(self.set_id, version)
        groups = _numbered(document.groups) if grouped else _merged(document.groups, version)
        return document.model_copy(update={"groups": groups})


def _numbered(groups: Sequence[ReceivedGroup]) -> tuple[ReceivedGroup, ...]:
    """Each group with a number, for a version that wants one."""
    return tuple(
        group if group.number is not None else group.model_copy(update={"number": number})
        for number, group in enumerate(groups, 1)
    )


def _merged(groups: Sequence[ReceivedGroup], version: str) -> tuple[ReceivedGroup, ...]:
    """The lines alone, for a version without groups. Raises CannotWrite for a group that says more than its lines."""
    if any(group != ReceivedGroup(number=group.number, lines=group.lines) for group in groups):
        raise CannotWrite(
            f"A 944 of version {version} has lines, but no pallets and cartons. Leave marks, pallets and references of the "
            "groups out, or agree on version 005010."
        )
    return (ReceivedGroup(lines=tuple(chain.from_iterable(group.lines for group in groups))),) if groups else ()


def _sum(receipt: StockTransferReceipt) -> Decimal:
    return receipt.quantity_sum


def _units(receipt: StockTransferReceipt) -> list[str | None]:
    return [line.quantity.unit for line in receipt.lines() if line.quantity is not None]


def _total(receipt: StockTransferReceipt, reading: Reading) -> None:
    """W1401 against the lines."""
    if receipt.detail in NOT_IN_FULL:
        return
    total, added = receipt.total_quantity, receipt.quantity_sum
    checks.total_quantity(total, added, _units(receipt), reading, total="W1401", parts="W0701")


def _expected(receipt: StockTransferReceipt, reading: Reading) -> None:
    """What was received against what was shipped: the exceptions must explain the difference."""
    exceptions = [found for line in receipt.lines() for found in line.exceptions]
    units = {*_units(receipt), *(found.quantity.unit for found in exceptions)}
    if receipt.total_shipped is None or receipt.total_quantity is None or len(units) != 1:
        return
    missing = receipt.total_shipped - receipt.total_quantity
    explained = sum((_missing(found) for found in exceptions), Decimal(0))
    if missing == explained:
        return
    reading.remark(
        BusinessFault.RECEIVED_QUANTITY_DIFFERS,
        Severity.WARNING,
        f"Of {receipt.total_shipped:f} shipped (W1402) {receipt.total_quantity:f} were received (W1401): {_told(missing)}, "
        f"but by the exceptions (W13) it is {_told(explained)}. Report what is short (02) or over (03) line by line.",
        field="total_shipped",
    )


def _marks(receipt: StockTransferReceipt, reading: Reading) -> None:
    """The check digit of every SSCC."""
    for index, group in enumerate(receipt.groups):
        checks.marks(group.marks, f"groups.{index}.", reading)


def _missing(found: ReceivingException) -> Decimal:
    """How much less was received for this reason; negative for more."""
    if found.condition in _MISSING:
        return found.quantity.value
    return -found.quantity.value if found.condition == "over" else Decimal(0)


def _told(missing: Decimal) -> str:
    return f"{abs(missing):f} too {'many' if missing < 0 else 'few'}" if missing else "none too few"


STOCK_TRANSFER_RECEIPT = _ReceiptMap(
    set_id="944",
    document_type=StockTransferReceipt,
    head=_HEAD,
    children=(
        PARTIES,
        numbers(),
        people(),
        warehouse_dates(),
        Remarks(),
        Carried(_CARRIAGE),
        each("temperatures", _TEMPERATURE),
        _Received(),
        Totals(_TOTALS, _sum),
    ),
    checks=(_total, _expected, _marks),
)

"""947, the warehouse inventory adjustment advice: what has changed in the stock that a warehouse keeps for its owner."""

from canonical.finding import Severity
from canonical.inventory_adjustment import AdjustedLine, InventoryAdjustment

from .code_tables import PURPOSES, WEIGHTS
from .codes_warehouse import ADJUSTMENT_CAUSES, STOCK_KINDS
from .findings import BusinessFault
from .forms import DAY, coded
from .loops import Each, Loop
from .parts_item import Remarks, quantity
from .parts_party import PARTIES
from .parts_warehouse import ItemCodes, Words, numbers, people, warehouse_dates, weight
from .reading import Reading
from .records import Choice, Field, Record
from .set_map import SetMap

_MORE = "book_increase"
_LESS = "book_decrease"

_HEAD = Record(
    "W15",
    InventoryAdjustment,
    Field("adjusted_on", 1, DAY),
    Field("number", 2),
    Field("depositor_number", 3),
    Choice("purpose", 4, PURPOSES, other="other", fallback="ZZ", unsaid="original"),
    Field("kind", 5),
    needed=("adjusted_on",),
)

_LINE = Record(
    "W19",
    AdjustedLine,
    Field("cause", 1, coded(ADJUSTMENT_CAUSES)),
    quantity("quantity", 2, 3),
    Field("lot", 9),
    weight("weight", 10, 12),
    Field("weight_kind", 11, coded(WEIGHTS)),
    Field("inventory_kind", 16, coded(STOCK_KINDS)),
    needed=("cause", "quantity"),
)

_LINES = Each(
    "lines",
    Loop(
        _LINE,
        (ItemCodes(case=4, places=(5, 7, 17)), Words(), numbers(), warehouse_dates(), PARTIES),
        always=True,
    ),
)


def _direction(adjustment: InventoryAdjustment, reading: Reading) -> None:
    """A cause that says more or less by itself, against the sign of the quantity."""
    for index, line in enumerate(adjustment.lines):
        amount = line.quantity.value
        if (line.cause == _MORE and amount < 0) or (line.cause == _LESS and amount > 0):
            code, sign = ADJUSTMENT_CAUSES.code(line.cause), "more" if line.cause == _MORE else "less"
            reading.remark(
                BusinessFault.ADJUSTMENT_DIRECTION_DIFFERS,
                Severity.WARNING,
                f"W1901 {code} says that there is {sign}, but the quantity (W1902) is {amount:f}. More is positive and less is "
                "negative; correct the cause or the sign.",
                field=f"lines.{index}.quantity",
            )


INVENTORY_ADJUSTMENT = SetMap(
    set_id="947",
    document_type=InventoryAdjustment,
    head=_HEAD,
    children=(
        PARTIES,
        numbers(),
        people(),
        warehouse_dates(),
        Remarks(),
        _LINES,
    ),
    checks=(_direction,),
)

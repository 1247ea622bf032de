"""What a warehouse's documents share: how goods are carried, stacked, packed and weighed."""

from decimal import Decimal

from .base import Value
from .party import Identifier
from .quantity import Quantity
from .shipment import Equipment


class Carriage(Value):
    """How goods leave or reach the warehouse.

    ``mode`` is truck, rail, ..., ``freight_terms`` who pays (``prepaid``, ``collect``, ...). ``freight_location`` is where the
    terms change hands. ``pallet_exchange`` says what becomes of the pallets, ``unit_load`` how the goods stand on the truck.
    """

    mode: str | None = None
    carrier: Identifier | None = None
    routing: str | None = None
    freight_terms: str | None = None
    freight_location: str | None = None
    equipment: Equipment | None = None
    seals: tuple[str, ...] = ()
    seal_status: str | None = None
    pallet_exchange: str | None = None
    unit_load: str | None = None
    changed_because: str | None = None


class Load(Value):
    """What stands on the truck: ``pallets`` of them, how they are loaded, and the seals on the doors."""

    unit_load: str | None = None
    pallets: int | None = None
    pallet_exchange: str | None = None
    seals: tuple[str, ...] = ()


class Pallet(Value):
    """A pallet: ``kind`` what it is made of, ``tiers`` layers of ``blocks`` cartons each, and its size and weight when loaded."""

    kind: str | None = None
    tiers: int | None = None
    blocks: int | None = None
    pack: int | None = None
    unit_weight: Quantity | None = None
    length: Decimal | None = None
    width: Decimal | None = None
    height: Decimal | None = None
    dimension_unit: str | None = None
    gross_weight: Quantity | None = None
    gross_volume: Quantity | None = None
    exchange: str | None = None


class ItemPacking(Value):
    """How a line is packed: ``pack`` inner units of ``size`` in one unit; weight (``weight_kind`` says which) and volume.

    Whether the weight is the line's or one unit's is for the two parties to agree; ``unit_weight`` is that of one unit.
    """

    pack: int | None = None
    size: Quantity | None = None
    weight: Quantity | None = None
    weight_kind: str | None = None
    unit_weight: Decimal | None = None
    volume: Quantity | None = None


class TransportConditions(Value):
    """At which temperatures goods travel, and in what. ``instructions`` are words for the carrier."""

    equipment_kind: str | None = None
    lowest: Quantity | None = None
    highest: Quantity | None = None
    instructions: str | None = None

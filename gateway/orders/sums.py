"""Quantities of a line, added up unit by unit: one case is not one piece, so what is in one unit is compared only with that. Pure."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from canonical.quantity import Quantity


class Sums:
    """What was said of a line in one respect. ``unit`` is the line's own; a quantity that names none is in it."""

    def __init__(self, unit: str | None, quantities: Iterable[Quantity]) -> None:
        self.unit = unit
        self._by_unit: dict[str | None, Decimal] = {}
        for quantity in quantities:
            named = quantity.unit or unit
            self._by_unit[named] = self._by_unit.get(named, Decimal(0)) + quantity.value

    @property
    def own(self) -> Decimal | None:
        """The sum in the line's own unit: a part of the whole where something is in another. None where nothing is in it."""
        return self._by_unit.get(self.unit)

    def whole(self, unit: str | None) -> Decimal | None:
        """The sum in a unit, where nothing is in any other: only then is it known how much there is."""
        return self._by_unit.get(unit) if len(self._by_unit) == 1 else None

    def foreign(self) -> Iterator[tuple[str | None, Decimal]]:
        """The sums in units other than the line's own."""
        return ((unit, amount) for unit, amount in self._by_unit.items() if unit != self.unit)

    def __iter__(self) -> Iterator[tuple[str | None, Decimal]]:
        return iter(self._by_unit.items())

    def __bool__(self) -> bool:
        return bool(self._by_unit)

"""Quantities and dimensions, always decimal, always with their unit."""

from decimal import Decimal

from .base import Value


class Quantity(Value):
    """``unit`` is the trade's code for a unit of measure (``EA`` each, ``CA`` case, ``LB`` pound, ``KG`` kilogram, ...)."""

    value: Decimal
    unit: str | None = None


class Measurement(Value):
    """A physical property. ``kind`` is ``gross_weight``, ``volume``, ``length``, ..."""

    kind: str
    quantity: Quantity

"""Reading a file of purchase orders that the ERP gives, with what to do about one that cannot be taken."""

from canonical.order import PurchaseOrder

from ..canonical_json import Unreadable, read
from .port import Problem

MAX_BYTES = 16 << 20
"""Larger files are refused: an order of this size is a mistake of the exporting program."""

_CUT_SHORT = (
    "It was cut short, or taken while it was being written: write it under a name with a leading dot, then rename it."
)
_NOT_TAKEN = "No order of this file was taken. Correct the export and give the file again."


def read_orders(data: bytes) -> tuple[PurchaseOrder, ...] | Problem:
    """The orders of one file: a single document or an array of them. All of them, or the problem that prevents it."""
    found = read(data, (PurchaseOrder.__name__,))
    if isinstance(found, Unreadable):
        return Problem(found.code, f"{found.message} {_CUT_SHORT if found.cut_short else _NOT_TAKEN}")
    return tuple(order for order in found if isinstance(order, PurchaseOrder))

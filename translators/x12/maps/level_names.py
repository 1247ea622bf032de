"""What people call a level of a ship notice: ``carton 003612345000000125 (HL 3)``."""

from canonical.shipment import ShipmentLevel

from ..segments import LoopNode, Node
from .code_tables import LEVELS
from .reading import head_of

_WORDS = {"tare": "pallet", "pack": "carton"}
_SAID_IN = {"order": ("PRF", 1), "tare": ("MAN", 2), "pack": ("MAN", 2), "item": ("LIN", 3)}
"""The segment and element that tell one level of a kind from another."""


def kind_word(kind: str) -> str:
    """The trade's word for a kind of level; a kind without a name of ours is called by its code (HL03)."""
    if kind != kind.lower():
        return f"level of kind {kind}"
    return _WORDS.get(kind, kind)


def node_name(node: Node) -> str:
    """The name of an HL loop as it was read."""
    head = head_of(node).segment
    kind = LEVELS.name(head.text(3))
    tag, position = _SAID_IN.get(kind, ("", 0))
    inside = node.children[1:] if isinstance(node, LoopNode) else []
    found = (head_of(child).segment for child in inside if child.id == tag)
    return _name(kind, next((segment.text(position) for segment in found), ""), head.text(1))


def level_name(level: ShipmentLevel, number: str) -> str:
    """The name of a level of a document; ``number`` is its HL01."""
    return _name(level.kind, _identity(level), number)


def _identity(level: ShipmentLevel) -> str:
    match level.kind:
        case "order":
            return level.order.number if level.order else ""
        case "tare" | "pack":
            return level.marks[0].value if level.marks else ""
        case "item":
            return level.item.items[0].value if level.item and level.item.items else ""
        case _:
            return ""


def _name(kind: str, identity: str, number: str) -> str:
    return f"{kind_word(kind)} {identity} (HL {number})" if identity else f"{kind_word(kind)} (HL {number})"

"""The levels of a ship notice: HL segments that name their parent, and the tree that they mean."""

from dataclasses import dataclass

from canonical.finding import Severity

from ...shipping_rules import level_name
from ..segments import LoopNode, Node, TransactionSet
from .code_tables import LEVELS
from .findings import BusinessFault
from .reading import Reading, head_of

DEEPEST = 30
"""More levels inside each other than any packing has; deeper ones are an attempt to exhaust us, or an error."""

_SAID_IN = {"order": ("PRF", 1), "tare": ("MAN", 2), "pack": ("MAN", 2), "item": ("LIN", 3)}
"""The segment and element that tell one level of a kind from another."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """HL loops in depth-first order, with the children of each by the parent's number (HL01); "" for the outermost."""

    ordered: tuple[Node, ...]
    children: dict[str, list[Node]]


def number_of(node: Node) -> str:
    """HL01, the level's number."""
    return head_of(node).segment.text(1)


def hierarchy(nodes: list[Node], reading: Reading) -> Hierarchy | None:
    """The tree; None, with remarks, where the numbers do not make one."""
    known = _known(nodes, reading)
    if reading.failed:
        # A number given twice is missing elsewhere, so that unknown parents would be the same fault.
        return None
    children: dict[str, list[Node]] = {}
    for node in nodes:
        children.setdefault(head_of(node).segment.text(2), []).append(node)
    _refuse_unknown(children, known, reading)
    if reading.failed:
        return None
    ordered = _depth_first(children, reading)
    if not reading.failed and len(ordered) < len(nodes):
        reached = {id(node) for node in ordered}
        lost = next(node for node in nodes if id(node) not in reached)
        _refuse(
            reading,
            BusinessFault.HIERARCHY_CYCLE,
            lost,
            f"The {_name(lost)} is, by way of its parents (HL02), inside itself. Correct HL02.",
        )
    return None if reading.failed else Hierarchy(tuple(ordered), children)


def arranged(transaction_set: TransactionSet, tree: Hierarchy) -> TransactionSet:
    """The set with its HL loops depth first, which is how they nearly always stand already."""
    levels = iter(tree.ordered)
    children = [next(levels) if node.id == "HL" else node for node in transaction_set.children]
    if all(now is before for now, before in zip(children, transaction_set.children, strict=True)):
        return transaction_set
    return TransactionSet(transaction_set.set_id, transaction_set.version, children)


def _known(nodes: list[Node], reading: Reading) -> dict[str, Node]:
    known: dict[str, Node] = {}
    for node in nodes:
        number = number_of(node)
        if number in known:
            _refuse(
                reading,
                BusinessFault.HIERARCHY_DUPLICATE_ID,
                node,
                f"The {_name(node)} has the number of the {_name(known[number])}, so it is open what belongs to which. "
                "Number the levels 1, 2, 3, ... (HL01).",
            )
        known.setdefault(number, node)
    return known


def _refuse_unknown(children: dict[str, list[Node]], known: dict[str, Node], reading: Reading) -> None:
    """Parents that are not there, each once, at the first level that names it."""
    for parent, nodes in children.items():
        if parent and parent not in known:
            more = f" So are {len(nodes) - 1} more levels." if len(nodes) > 1 else ""
            _refuse(
                reading,
                BusinessFault.HIERARCHY_UNKNOWN_PARENT,
                nodes[0],
                f"The {_name(nodes[0])} is said to be inside HL {parent} (HL02), which the ship notice does not have.{more} "
                "Correct HL02, or add the level.",
            )


def _depth_first(children: dict[str, list[Node]], reading: Reading) -> list[Node]:
    ordered: list[Node] = []
    waiting = [(node, 1) for node in reversed(children.get("", []))]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            _refuse(
                reading,
                BusinessFault.HIERARCHY_TOO_DEEP,
                node,
                f"The {_name(node)} is inside more than {DEEPEST} other levels. Send a flatter ship notice.",
            )
            return ordered
        ordered.append(node)
        waiting.extend((child, depth + 1) for child in reversed(children.get(number_of(node), [])))
    return ordered


def _refuse(reading: Reading, code: BusinessFault, node: Node, message: str) -> None:
    reading.remark(code, Severity.ERROR, message, node=head_of(node))


def _name(node: Node) -> str:
    """What people call an HL loop as it was read: ``carton 003612345000000125 (HL 3)``."""
    head = head_of(node).segment
    kind = LEVELS.name(head.text(3))
    tag, position = _SAID_IN.get(kind, ("", 0))
    inside = node.children[1:] if isinstance(node, LoopNode) else []
    found = (head_of(child).segment for child in inside if child.id == tag)
    return level_name(kind, next((segment.text(position) for segment in found), ""), f"HL {head.text(1)}")

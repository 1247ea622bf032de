"""A transaction set as finished text, for those who send it, and as nodes, for those who look into it."""

from collections.abc import Callable, Sequence
from typing import overload

from .segments import STANDARD_DELIMITERS, Node

ELEMENT, COMPONENT, TERMINATOR = (
    STANDARD_DELIMITERS.element,
    STANDARD_DELIMITERS.component,
    STANDARD_DELIMITERS.segment,
)


class WrittenSet(Sequence[Node]):
    """The nodes of a set, which are made only when somebody looks at them, with the text that they would become.

    ``text`` holds the set's segments, ``size`` of them, each with its terminator, in the standard delimiters; its data
    contains neither these nor control characters. ``make`` gives the nodes; it does not fail.
    """

    __slots__ = ("_make", "_nodes", "size", "text")

    def __init__(self, text: str, size: int, make: Callable[[], Sequence[Node]]) -> None:
        self.text = text
        self.size = size
        self._make = make
        self._nodes: Sequence[Node] | None = None

    @property
    def nodes(self) -> Sequence[Node]:
        if self._nodes is None:
            self._nodes = self._make()
        return self._nodes

    @overload
    def __getitem__(self, index: int) -> Node: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Node]: ...
    def __getitem__(self, index: int | slice) -> Node | Sequence[Node]:
        return self.nodes[index]

    def __bool__(self) -> bool:
        return self.size > 0

    def __len__(self) -> int:
        return len(self.nodes)

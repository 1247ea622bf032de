"""A piece of a file with what is wrong in it marked, to be shown to people."""

from .base import Value


class Passage(Value):
    """``text`` as it stands in the file, without its line breaks. ``start`` to ``end`` is what is marked; nothing between them marks
    the place where something is missing. ``cut_before`` and ``cut_after`` say that the file's segment or row is longer."""

    text: str
    start: int
    end: int
    cut_before: bool = False
    cut_after: bool = False

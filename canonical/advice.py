"""What was expected where a fault is, and what to do about it."""

from typing import NamedTuple


class Advice(NamedTuple):
    """``todo`` is what whoever made the file has to do about findings of one code; ``example`` is what such a fault looks like."""

    todo: str
    example: str


class Fact(NamedTuple):
    """One thing that was expected; ``label`` is ``element``, ``segment``, ``field``, ``expected``, ``codes``, ``required`` or ``place``."""

    label: str
    text: str

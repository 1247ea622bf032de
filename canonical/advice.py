"""What to do about a fault."""

from typing import NamedTuple


class Advice(NamedTuple):
    """``todo`` is what whoever made the file has to do about findings of one code; ``example`` is what such a fault looks like."""

    todo: str
    example: str

"""Bytes as a network brings them: in pieces of any size."""

import random
from collections.abc import Iterator

LONGEST = (1, 3, 20, 200, 5_000)


def random_pieces(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """``data`` in pieces, none of them empty; how long they may be is a matter of chance too."""
    longest = chance.choice(LONGEST)
    at = 0
    while at < len(data):
        size = chance.randint(1, longest)
        yield data[at : at + size]
        at += size

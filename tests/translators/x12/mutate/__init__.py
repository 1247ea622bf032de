"""Valid interchanges broken at one place.

Each mutator takes a source of chance and the bytes of a valid interchange and gives it back changed, with words that say how; or
None where the interchange has nothing that it could break. ``FAULTS`` are faults of syntax in one transaction set, and say what must
be found; ``DAMAGE`` is anything at all, and says nothing. The counts of SE are made to agree with what was added or taken away, so
that one fault is one fault.
"""

import random

from .anatomy import Mutated, Mutator
from .damage import DAMAGE
from .elements import empty_mandatory, lengthen, miscode, mistype, shorten
from .notes import break_note
from .structure import STRUCTURE_FAULTS

ELEMENT_FAULTS: tuple[Mutator, ...] = (lengthen, shorten, mistype, miscode, empty_mandatory, break_note)
FAULTS: tuple[Mutator, ...] = STRUCTURE_FAULTS + ELEMENT_FAULTS
"""One fault each in one set, with what must be found."""


def mutated(chance: random.Random, data: bytes) -> Mutated:
    """A valid interchange broken in one way or another."""
    while True:
        made = chance.choice(FAULTS + DAMAGE)(chance, data)
        if made is not None and made.data != data:
            return made

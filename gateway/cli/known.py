"""Names given to a command that must exist: for one that does not, an empty answer would look like a true one."""

import difflib
from collections.abc import Collection

from canonical.errors import NotFound

from ..app import Gateway
from ..canonical_json import TYPES

UNMAPPED = "X12 "
"""How the type of a document begins that was received in a set without a map."""


def partner(opened: Gateway, name: str | None) -> None:
    """Raises NotFound, with the partners there are, for a name that is given and is none of them."""
    if name is not None:
        _one_of("partner", name, [applied.partner for applied in opened.partners()])


def document_type(name: str | None) -> None:
    """Raises NotFound, with the types there are, for a name that is given and is none of them."""
    if name is not None and not name.startswith(UNMAPPED):
        _one_of("type of document", name, TYPES)


def kind_of_work(opened: Gateway, name: str | None) -> None:
    """Raises NotFound, with the kinds there are, for a name that is given and is none of them."""
    if name is not None:
        _one_of("kind of work", name, opened.handlers())


def _one_of(what: str, name: str, known: Collection[str]) -> None:
    if name in known:
        return
    folded = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), folded, n=1)
    hint = f"Did you mean {folded[close[0]]}? " if close else ""
    there_are = f"There are {', '.join(known)}." if known else f"There is no {what} yet."
    raise NotFound(f"There is no {what} {name}. {hint}{there_are}")

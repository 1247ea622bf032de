"""Names given by people that must exist: for one that does not, an empty answer would look like a true one."""

import difflib
from collections.abc import Collection

from sqlalchemy.orm import Session

from canonical.errors import NotFound
from partners import registry


def partners(session: Session) -> list[str]:
    """Whoever has a profile in force."""
    return [applied.partner for applied in registry.all(session)]


def partner(session: Session, name: str | None) -> None:
    """Raises NotFound, with the partners there are, for a name that is given and is none of them."""
    if name is not None:
        one_of("partner", name, partners(session))


def one_of(what: str, name: str, known: Collection[str]) -> None:
    """Raises NotFound for a ``name`` that is not ``known``, with one that is alike."""
    if name in known:
        return
    folded = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), folded, n=1)
    hint = f"Did you mean {folded[close[0]]}? " if close else ""
    there_are = f"There are {', '.join(known)}." if known else f"There is no {what} yet."
    raise NotFound(f"There is no {what} {name}. {hint}{there_are}")

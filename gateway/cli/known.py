"""Names given to a command that must exist, looked for in the home that it opened."""

from .. import known
from ..app import Gateway
from ..canonical_json import TYPES
from ..known import one_of

UNMAPPED = "X12 "
"""How the type of a document begins that was received in a set without a map."""


def partner(opened: Gateway, name: str | None) -> None:
    """Raises NotFound, with the partners there are, for a name that is given and is none of them."""
    if name is not None:
        with opened.database.read() as session:
            known.partner(session, name)


def document_type(name: str | None) -> None:
    """Raises NotFound, with the types there are, for a name that is given and is none of them."""
    if name is not None and not name.startswith(UNMAPPED):
        one_of("type of document", name, TYPES)


def kind_of_work(opened: Gateway, name: str | None) -> None:
    """Raises NotFound, with the kinds there are, for a name that is given and is none of them."""
    if name is not None:
        one_of("kind of work", name, opened.handlers())

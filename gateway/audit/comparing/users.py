"""Who may read."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...users.tables import User
from ...users.tokens import commitment_to
from ..question import Row
from ..retelling import Entitled
from .differences import NOTHING, Difference, different, rows, same


def contradicted(session: Session, entitled: Mapping[str, Entitled]) -> Iterator[Row]:
    missing = set(entitled)
    for row in session.scalars(select(User).order_by(User.name)):
        missing.discard(row.name)
        said = entitled.get(row.name)
        if said is None:
            yield "user_account", None, row.name, "", "a user", NOTHING
            continue
        yield from rows("user_account", None, row.name, [*_entitlement(row, said)])
    for name in sorted(missing):
        yield "user_account", None, name, "", NOTHING, "a user"


def _entitlement(row: User, said: Entitled) -> Iterator[Difference]:
    token = None if row.token_sha256 is None else commitment_to(row.token_sha256)
    if token != said.token:
        yield "token_sha256", token, said.token
    yield from different(
        {"role": row.role.value, "added_by": row.added_by}, {"role": said.role, "added_by": said.added.actor}
    )
    times = (("token_at", row.token_at, said.token_at), ("added_at", row.added_at, said.added.at))
    yield from (each for each in times if not same(*each[1:]))

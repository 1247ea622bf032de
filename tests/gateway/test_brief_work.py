from collections.abc import Iterator
from typing import Any

import pytest

from gateway.brief_work import is_brief
from spool.blobs import INLINE_LIMIT
from spool.queue.port import Claim

from .house import PROFILES, House, house

AS2 = "as2:\n  id: CARGO\n  url: https://cargo.example/as2"
FAR = PROFILES["cargo"].replace("folder: true", AS2)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house"), profiles={**PROFILES, "cargo": FAR}) as found:
        yield found


def claim(house: House, kind: str, payload: dict[str, Any], partner: str) -> Claim:
    now = house.clock.now()
    return Claim(
        item_id="item",
        lane="lane",
        token=1,
        kind=kind,
        payload=payload,
        attempt=1,
        max_attempts=10,
        enqueued_at=now,
        claimed_at=now,
        owner="here",
        endpoint=None,
        partner=partner,
        deadline=None,
    )


@pytest.mark.parametrize(
    ("kind", "payload", "partner", "brief"),
    [
        ("open", {"bytes": INLINE_LIMIT}, "acme", True),
        ("open", {"bytes": INLINE_LIMIT + 1}, "acme", False),
        ("open", {}, "acme", False),
        ("build", {}, "acme", True),
        ("deliver", {}, "acme", True),
        ("report", {}, "acme", True),
        ("transmit", {}, "acme", True),
        ("transmit", {}, "cargo", False),
        ("transmit", {}, "nobody", False),
        ("answer", {}, "acme", False),
        ("unheard-of", {}, "acme", False),
    ],
)
def test_is_what_is_small_and_stays_in_the_house(
    one: House, kind: str, payload: dict[str, Any], partner: str, brief: bool
) -> None:
    """Over AS2, as with cargo here, somebody else's server is waited for."""
    with one.gateway.database.read() as session:
        assert is_brief(session, claim(one, kind, payload, partner)) == brief

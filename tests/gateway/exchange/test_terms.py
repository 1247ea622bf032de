"""What is agreed is put together once, and anew at the very message after something changed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.as2.terms import Compression, Terms
from partners.certificates import Use
from tests.gateway.as2.keys import own

from .scene import Scene, scene
from .wire import terms_of

NEXT = own("the next key of the supplier").certificate


@pytest.fixture
def trade(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


def take(trade: Scene) -> None:
    """The supplier's next certificate, used from tomorrow on."""
    house = trade.distributor.house
    house.gateway.custody.take(
        "acme",
        NEXT,
        use=Use.BOTH,
        begins=house.clock.now() + timedelta(days=1),
        keep_previous=timedelta(days=30),
        by="tests",
    )


def let_it_begin(trade: Scene) -> None:
    trade.distributor.house.later(days=1)


def compress(trade: Scene) -> None:
    trade.agree("  compress: before-signing\n")


def seen(terms: Terms) -> tuple[Compression, bool, bool]:
    """Whether it is compressed, the next certificate counts, and is the one encrypted for."""
    return (
        terms.sending.compression,
        NEXT in terms.signing_certificates,
        terms.partner_encryption[0].certificate == NEXT,
    )


CHANGES: list[tuple[Callable[[Scene], None], tuple[Compression, bool, bool]]] = [
    (take, (Compression.NONE, True, False)),
    (let_it_begin, (Compression.NONE, True, True)),
    (compress, (Compression.BEFORE_SIGNING, True, True)),
]


def test_each_change_counts_at_once_and_nothing_is_put_together_without_one(trade: Scene) -> None:
    before = terms_of(trade.distributor)
    assert seen(before) == (Compression.NONE, False, False)
    for change, expected in CHANGES:
        assert terms_of(trade.distributor) is before
        change(trade)
        before = terms_of(trade.distributor)
        assert seen(before) == expected

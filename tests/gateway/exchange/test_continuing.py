"""A large message over a line that breaks: continued where it broke, by both sides of the house."""

import hashlib
import io
import random
from pathlib import Path

import pytest

from canonical.errors import TallyError
from gateway.exchange.arrivals import ArrivalKind
from gateway.senders.http.failures import RefusedForNow
from gateway.senders.port import Form, Parcel
from spool.states import MessageState

from .cutting import Cutting, cutting
from .scene import Scene, Site, scene
from .test_exchange import arrivals_of, sendings_of
from .wire import kept_bytes

AGREED = "  restart: yes\n"
MIB = 1 << 20


def send(site: Site, data: bytes) -> TallyError | None:
    """One attempt at a file of the distributor's; why it failed."""
    gateway = site.house.gateway
    [applied] = gateway.partners()
    try:
        effects = gateway.exchange.sender.send(applied, Parcel("t1", "large.bin", io.BytesIO(data), Form.FILE))
    except TallyError as failure:
        return failure
    gateway.database.write(effects)
    return None


def send_until_taken(made: Scene, line: Cutting, data: bytes) -> int:
    """Attempts until there is an MDN; how many failed because the line was cut."""
    made.distributor.house.amend("acme", (f"url: {made.supplier.url}", f"url: {line.url}"))
    failed = 0
    while (failure := send(made.distributor, data)) is not None:
        # Until the server has noticed, the transfer is still under way for it.
        failed += not isinstance(failure, RefusedForNow)
    return failed


def assert_taken_and_confirmed(made: Scene, data: bytes) -> None:
    [sent] = sendings_of(made.distributor.house)
    assert sent.state is MessageState.CONFIRMED
    [arrival] = arrivals_of(made.supplier.house, ArrivalKind.MESSAGE)
    assert (arrival.outcome, arrival.mic, arrival.sha256) == ("received", sent.mic, sent.sha256)
    assert hashlib.sha256(kept_bytes(made.supplier.house, arrival)).hexdigest() == sent.sha256
    [receipt] = made.supplier.house.receipts()
    assert receipt.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("seed", [1])
def test_a_large_message_over_a_line_that_is_cut_comes_whole_and_nothing_of_it_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = chance.randbytes(22 * MIB)
    cuts = [chance.randrange(MIB, 5 * MIB) for _ in range(4)]
    with scene(tmp_path, AGREED) as made, cutting(made.supplier.port, cuts) as line:
        assert send_until_taken(made, line, data) >= 4
        assert_taken_and_confirmed(made, data)
        assert len(data) < sum(line.passed) < len(data) + MIB

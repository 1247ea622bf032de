"""What was sent is what the record says, and nothing is there that it does not tell of."""

import pytest

from canonical.errors import Retryable
from gateway import outbound
from spool.queue.port import Claim
from spool.states import TransmissionState
from spool.worker import Effects, Handler
from tests.gateway.house import House, csv

from .tampering import found_after, places

FORGED = (
    "INSERT INTO transmission (id, partner, kind, filename, sha256, size, state, interchange_control, answers, created_at) VALUES "
    "('x', 'acme', '{kind}', 'f.edi', 'x', 1, 'ready', {number}, {answers}, '2020-01-01 00:00:00.000000')"
)


@pytest.mark.parametrize("kind", ["document", "acknowledgement", "report", "certificates"])
@pytest.mark.parametrize("answers", ["NULL", "(SELECT min(id) FROM receipt)"])
def test_nothing_was_sent_that_is_not_told_of(traded: House, removed: House, kind: str, answers: str) -> None:
    """Or a gap in our control numbers could be closed."""
    for house in (traded, removed):
        forged = FORGED.format(kind=kind, number="'000000019'", answers=answers)
        assert places(found_after(house, forged)) == {("transmission", "")}


def test_a_report_that_waits_to_be_sent_contradicts_nothing(house: House) -> None:
    def unreachable(kind: str, handler: Handler) -> Handler:
        return _fail if kind == outbound.TRANSMIT else handler

    house.receive("beta", "bad.csv", csv("nothing"))
    house.work(unreachable)
    [waiting] = house.transmissions("report")
    assert waiting.state is TransmissionState.READY
    assert found_after(house) == []
    assert found_after(house, "UPDATE transmission SET answers = 'x'")


def _fail(_claim: Claim) -> Effects:
    raise Retryable("It cannot be reached.")

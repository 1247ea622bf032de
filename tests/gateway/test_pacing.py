"""Who sends more than is worked on is answered later."""

import threading

import pytest

from canonical.identity import PartnerId, ReceiptId
from gateway.listeners.port import Arrival
from gateway.pacing import FREE, LONGEST_SECONDS, LOOK_SECONDS, PacedIntake, rest

from .house import House

ORDER = b"not opened here"


class Waits(threading.Event):
    """A clock in seconds that moves when somebody waits, and how long each waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            assert timeout is not None
            self.waited.append(timeout)
            self.now += timeout
        return self.is_set()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def intake(house: House, waits: Waits) -> PacedIntake:
    gateway = house.gateway
    return PacedIntake(gateway.inbound, gateway.database, gateway.queue, lambda: waits.now, waits)


def send(house: House, intake: PacedIntake, count: int, partner: str = "acme") -> list[ReceiptId]:
    arrivals = [
        Arrival(PartnerId(partner), "sftp", f"{number}.edi", house.gateway.blobs.stage_bytes(ORDER))
        for number in range(count)
    ]
    return [intake.receive(arrival) for arrival in arrivals]


@pytest.mark.parametrize(
    ("waiting", "seconds"),
    [(0, 0.0), (FREE, 0.0), (FREE + 1, 0.0005), (FREE + 100, 0.05), (FREE + 1000, 0.5), (1_000_000, LONGEST_SECONDS)],
)
def test_the_more_files_wait_the_later_their_sender_is_answered(waiting: int, seconds: float) -> None:
    assert rest(waiting) == pytest.approx(seconds)


def test_nobody_waits_for_a_few_files(house: House, intake: PacedIntake, waits: Waits) -> None:
    send(house, intake, FREE)
    assert waits.waited == []


def test_a_flood_is_kept_and_answered_later_and_later(house: House, intake: PacedIntake, waits: Waits) -> None:
    sent = send(house, intake, FREE + 3)
    assert len(set(sent)) == FREE + 3
    assert waits.waited == [pytest.approx(rest(FREE + more)) for more in (1, 2, 3)]


def test_others_are_answered_at_once(house: House, intake: PacedIntake, waits: Waits) -> None:
    send(house, intake, FREE + 1)
    waits.waited.clear()
    send(house, intake, FREE, partner="other")
    assert waits.waited == []


def test_what_was_opened_meanwhile_does_not_count(house: House, intake: PacedIntake, waits: Waits) -> None:
    send(house, intake, FREE + 10)
    house.work()
    waits.waited.clear()
    waits.now += LOOK_SECONDS
    send(house, intake, FREE)
    assert waits.waited == []


def test_what_waited_before_a_restart_is_seen_as_soon_as_a_partner_sends_many(
    house: House, intake: PacedIntake, waits: Waits
) -> None:
    send(house, intake, FREE + 10)
    gateway = house.gateway
    anew = PacedIntake(gateway.inbound, gateway.database, gateway.queue, lambda: waits.now, waits)
    waits.waited.clear()
    send(house, anew, FREE + 1)
    assert waits.waited == [pytest.approx(rest(2 * FREE + 11))]


def test_nobody_waits_once_it_is_over(house: House, intake: PacedIntake, waits: Waits) -> None:
    """Answers that are to come late would keep a gateway from stopping, and could not be given any more."""
    with intake.until_the_end():
        send(house, intake, FREE + 1)
        assert len(waits.waited) == 1
    send(house, intake, 10)
    assert len(waits.waited) == 1
    with intake.until_the_end():
        send(house, intake, 1)
    assert len(waits.waited) == 2

"""Something done again and again."""

import threading

import pytest

from canonical.errors import Misconfigured, Retryable
from gateway.periodic import Periodic, by_one_node, rest, together

from .house import House

LONG = 3600.0
SHORT = 0.001


class Counter:
    """Counts calls; ``reached`` is set at the one that was waited for."""

    def __init__(self, waited_for: int, error: Exception | None = None) -> None:
        self.calls = 0
        self.reached = threading.Event()
        self._waited_for = waited_for
        self._error = error

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self._waited_for:
            self.reached.set()
        if self._error is not None:
            raise self._error


@pytest.mark.parametrize(
    ("seconds", "spent", "rests"),
    [(2.0, 0.0, 2.0), (2.0, 0.1, 2.0), (2.0, 0.5, 9.5), (30.0, 1.0, 30.0), (2.0, 10.0, 190.0)],
)
def test_what_costs_much_comes_less_often(seconds: float, spent: float, rests: float) -> None:
    assert rest(seconds, spent) == pytest.approx(rests)


def test_the_first_time_is_at_once() -> None:
    counter = Counter(1)
    periodic = Periodic("test", LONG, counter)
    periodic.start()
    assert counter.reached.wait(10)
    periodic.stop()
    assert counter.calls == 1


@pytest.mark.parametrize("error", [None, Retryable("Down."), Misconfigured("Wrong."), ZeroDivisionError("ours")])
def test_it_goes_on_whatever_happens(error: Exception | None) -> None:
    counter = Counter(3, error)
    periodic = Periodic("test", SHORT, counter)
    periodic.start()
    assert counter.reached.wait(10)
    periodic.stop()
    assert not any(thread.name == "test" for thread in threading.enumerate())


def test_stopping_waits_for_the_call_under_way() -> None:
    begun, go_on = threading.Event(), threading.Event()
    finished: list[bool] = []

    def action() -> None:
        begun.set()
        finished.append(go_on.wait(10))

    periodic = Periodic("test", LONG, action)
    periodic.start()
    assert begun.wait(10)
    stopper = threading.Thread(target=periodic.stop)
    stopper.start()
    assert finished == []
    go_on.set()
    stopper.join(10)
    assert finished == [True]


def test_none_begins_anew_while_another_finishes() -> None:
    under_way = threading.Event()
    ended: list[bool] = []

    def until_the_other_ended() -> None:
        [other] = [thread for thread in threading.enumerate() if thread.name == "short"]
        under_way.set()
        other.join(10)
        ended.append(not other.is_alive())

    with together([Periodic("short", SHORT, Counter(0)), Periodic("long", LONG, until_the_other_ended)]):
        assert under_way.wait(10)
    assert ended == [True]


def test_what_several_nodes_call_is_done_once_in_each_period(house: House) -> None:
    counter = Counter(0)
    nodes = [by_one_node(house.gateway.database, house.clock, "test", 60.0, counter) for _ in range(3)]
    for node in nodes:
        node()
    assert counter.calls == 1
    house.clock.advance(seconds=60)
    for node in nodes:
        node()
    assert counter.calls == 2

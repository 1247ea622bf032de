"""The slowest makes room, and nobody else."""

from dataclasses import dataclass

import pytest

from gateway.listeners.http.crowd import Crowd

FLOOR = 1000.0


@dataclass(eq=False)
class Sending:
    pace: float | None
    left: bool = False

    def give_way(self) -> None:
        self.left = True


@pytest.mark.parametrize(
    ("paces", "leaves"),
    [
        ([], None),
        ([None, None], None),
        ([FLOOR, FLOOR + 1], None),
        ([FLOOR - 1, FLOOR], 0),
        ([900.0, 0.0, None, 10.0], 1),
    ],
)
def test_who_makes_room(paces: list[float | None], leaves: int | None) -> None:
    crowd, senders = Crowd(FLOOR), [Sending(pace) for pace in paces]
    for each in senders:
        crowd.join(each)
    crowd.make_room()
    assert [each.left for each in senders] == [at == leaves for at in range(len(senders))]


def test_who_has_left_is_not_asked() -> None:
    crowd, gone = Crowd(FLOOR), Sending(0.0)
    crowd.join(gone)
    crowd.leave(gone)
    crowd.make_room()
    assert not gone.left

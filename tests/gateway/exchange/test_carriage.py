"""What is shown of a message."""

from pathlib import Path

from gateway.exchange import carriage

from .scene import scene


def test_what_is_no_message_is_none(tmp_path: Path) -> None:
    with scene(tmp_path) as made, made.distributor.house.gateway.database.read() as session:
        assert carriage.of_message(session, "nothing") is None

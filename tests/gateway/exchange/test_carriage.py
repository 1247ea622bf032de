"""What is shown of a message never shows a password."""

from pathlib import Path

from sqlalchemy import update

from gateway.exchange import carriage
from gateway.exchange.arrivals import Arrival

from .scene import scene


def test_a_password_is_not_shown_and_everything_else_is(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        made.distributor.house.gateway.try_out("acme")
        house = made.supplier.house
        fields = [["AS2-From", "OURCOMPANY"], ["AUTHORIZATION", "Basic c2VjcmV0"]]
        house.gateway.database.write(lambda session: session.execute(update(Arrival).values(headers=fields)))
        with house.gateway.database.read() as session:
            [arrival] = session.query(Arrival).all()
            facts = carriage.of_message(session, arrival.id)
    assert facts is not None
    assert facts["header_fields"] == ["AS2-From: OURCOMPANY", "AUTHORIZATION: (not kept)"]


def test_what_is_no_message_is_none(tmp_path: Path) -> None:
    with scene(tmp_path) as made, made.distributor.house.gateway.database.read() as session:
        assert carriage.of_message(session, "nothing") is None

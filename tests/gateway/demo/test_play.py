from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.app import Gateway
from gateway.demo import scenario
from gateway.demo.play import Audience, play

from .conftest import Played

NOBODY = Audience(lambda service: None, lambda moment: None, lambda supplier, word: None)


@pytest.mark.slow
def test_everything_happens_as_expected(played: Played) -> None:
    assert [(result.name, result.missing) for result in played.outcome.results if not result.met] == []
    assert played.outcome.succeeded


@pytest.mark.slow
def test_the_orders_are_told_as_their_documents_leave_them(played: Played) -> None:
    ours, by_telephone, over_as2 = played.outcome.orders
    assert [(order.number, order.state.stage) for order in (ours, by_telephone, over_as2)] == [
        (scenario.ORDER, "invoiced"),
        (scenario.TELEPHONE_ORDER, "invoiced"),
        (scenario.AS2_ORDER, "invoiced"),
    ]
    assert over_as2.state.exceptions == ()
    assert [exception.code for exception in ours.state.exceptions] == [
        "date-changed",
        "line-backordered",
        "quantity-short",
    ]


@pytest.mark.slow
def test_the_rejection_is_told_as_its_sender_got_it(played: Played) -> None:
    rejection = played.outcome.rejection
    assert rejection is not None
    assert "AK5*R*5" in rejection.acknowledgement
    assert [finding.path for finding in rejection.findings] == ["BIG[1]/01", "REF[1]/01", "IT1[3]/03"]


@pytest.mark.slow
def test_the_home_can_be_opened_afterwards(played: Played) -> None:
    with Gateway.open(played.root) as gateway:
        assert gateway.status().balance.holds
        assert [applied.partner for applied in gateway.partners()] == sorted(scenario.PARTNERS)


@pytest.mark.slow
def test_when_the_time_is_up_what_is_missing_is_named(tmp_path: Path) -> None:
    outcome = play(tmp_path / "home", datetime.now(UTC).date(), NOBODY, deadline=0)
    assert not outcome.succeeded
    assert all(result.missing for result in outcome.results if not result.met)
    assert {"order-sent", "suppliers"} <= {result.name for result in outcome.results if not result.met}

"""What profiles and settings say about how much and when, as it is kept."""

from gateway.agreed_limits import FRESH, AgreedLimits, out_to
from gateway.settings import Settings
from spool.queue.limits import UNLIMITED, Limit
from spool.queue.port import HeldBy

from .house import House, order

TIMES = 'status: active\ntime_zone: America/Chicago\ndowntime:\n  - {days: [sat], start: "05:30", end: "07:00"}\n'
"""The house's clock shows Saturday noon in UTC, which is six in the morning in Chicago."""


def test_a_downtime_holds_what_we_send_and_not_what_we_receive(house: House) -> None:
    house.amend("acme", ("status: active\n", TIMES))
    house.later(seconds=FRESH.total_seconds())
    house.place_order(order("4500123"))
    house.gateway.delivery.pull()
    house.work()
    assert house.outbox("acme") == {}
    [sent] = house.transmissions("document")
    assert sent.sent_at is None, "it is built, and waits"
    with house.gateway.database.read() as session:
        [held] = house.gateway.queue.survey(session).held
    assert (held.endpoint, held.partner, held.hold.by) == ("out:acme", "acme", HeldBy.DOWNTIME)
    house.later(hours=1)
    house.work()
    assert list(house.outbox("acme")) == [sent.filename]


def test_limits_of_a_profile_count_soon_after_it_is_applied(house: House) -> None:
    limits = AgreedLimits(Settings(), house.clock)
    with house.gateway.database.read() as session:
        assert limits.of_partner(session, "acme") == UNLIMITED
    house.amend("acme", ("status: active\n", "status: active\nlimits: {at_once: 2, sent_per_minute: 30}\n"))
    with house.gateway.database.read() as session:
        assert limits.of_partner(session, "acme") == UNLIMITED
    house.later(seconds=FRESH.total_seconds())
    with house.gateway.database.read() as session:
        assert limits.of_partner(session, "acme") == Limit(running=2)
        assert limits.of_endpoint(session, out_to("acme")) == Limit(per_minute=30)
        assert limits.of_partner(session, "nobody") == UNLIMITED


def test_limits_of_the_erp_are_settings(house: House) -> None:
    limits = AgreedLimits(Settings(erp_at_once=1, erp_per_minute=600), house.clock)
    with house.gateway.database.read() as session:
        assert limits.of_endpoint(session, "erp") == Limit(running=1, per_minute=600)
        assert limits.of_endpoint(session, "elsewhere") == UNLIMITED

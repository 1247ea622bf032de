"""Which rule has a document kept for how long, and that the database is asked the same."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from sqlalchemy import select

from canonical.documents import AnyDocument
from gateway.retention.presets import ENVELOPES, LETTERS, PRESETS, Kind, kind_of
from gateway.retention.rules import Rules
from spool.documents import DocumentRow
from tests.gateway.house import House, invoice, wrapped
from tests.gateway.operations.scene import OUTBOUND

MOMENT = datetime(2026, 11, 26, 12, tzinfo=UTC)
TYPES = {kind.__name__ for kind in get_args(get_args(AnyDocument)[0])}


def test_every_type_named_is_one_there_is() -> None:
    assert LETTERS | ENVELOPES <= TYPES


def test_what_nobody_knows_the_kind_of_is_kept_as_long_as_what_is_booked() -> None:
    assert kind_of("X12 830") is Kind.VOUCHER


@pytest.mark.parametrize("country", PRESETS)
def test_every_country_keeps_every_kind_and_names_its_source(country: str) -> None:
    assert {kind for preset in PRESETS[country] for kind in preset.kinds} == set(Kind)
    assert all(preset.country == country and preset.source and 5 <= preset.years <= 12 for preset in PRESETS[country])


@pytest.mark.parametrize(
    ("country", "type_", "until"),
    [
        ("DE", "Invoice", 2034),
        ("DE", "PurchaseOrder", 2032),
        ("AT", "Invoice", 2033),
        ("CH", "PurchaseOrder", 2036),
        ("FR", "Invoice", 2036),
        ("IT", "ShipNotice", 2036),
        ("BE", "Invoice", 2036),
        ("NL", "Invoice", 2033),
        ("ES", "Invoice", 2032),
        ("GB", "Invoice", 2032),
        ("CA", "Invoice", 2032),
        ("AU", "Invoice", 2033),
        ("US", "Invoice", 2033),
    ],
)
def test_by_country_and_type(country: str, type_: str, until: int) -> None:
    kept = Rules(country).keeping(type_, MOMENT)
    assert kept is not None
    assert (kept.until, kept.rule.country) == (date(until, 12, 31), country)


@pytest.mark.parametrize("type_", sorted(ENVELOPES))
def test_acknowledgements_go_with_what_they_acknowledge(type_: str) -> None:
    assert Rules("DE").keeping(type_, MOMENT, "FR") is None


def test_the_longest_applies() -> None:
    def said(rules: Rules, partner: str | None = None) -> str:
        kept = rules.keeping("Invoice", MOMENT, partner)
        return "" if kept is None else f"{kept.until.year} {kept.rule.country}"

    assert said(Rules()) == ""
    assert said(Rules(), "FR") == "2036 FR"
    assert said(Rules("DE"), "FR") == "2036 FR"
    assert said(Rules("FR"), "DE") == "2036 FR"
    assert said(Rules("DE"), "BR") == "2034 DE"
    assert said(Rules("DE", years={"Invoice": 12})) == "2038 None"
    assert said(Rules("DE", years={"Invoice": 2})) == "2034 DE"
    assert said(Rules("DE", years={"PurchaseOrder": 12})) == "2034 DE"


@pytest.mark.parametrize("years", [0.5, 6, 6.5, 8, 8.2, 10, 11, 13])
@pytest.mark.parametrize("country", [None, "DE", "FR"])
def test_the_database_is_asked_the_same(house: House, country: str | None, years: float) -> None:
    house.amend("acme", ("status: active", "status: active\ncountry: CH"))
    house.take("acme", "810.edi", wrapped("810", invoice()))
    house.take("cargo", "810.edi", wrapped("810", invoice("INV2"), sender="CARGO"))
    OUTBOUND["sent"](house)
    rules = Rules(country, 6, {"PurchaseOrder": 12})
    now = house.clock.now() + timedelta(days=365.25 * years)
    with house.gateway.database.read() as session:
        rows = session.scalars(select(DocumentRow)).all()
        still = set(session.scalars(select(DocumentRow.id).where(rules.still(session, now))))
    expected = set()
    for row in rows:
        kept = rules.keeping(row.type, row.created_at, "CH" if row.partner == "acme" else None)
        if kept is not None and kept.until >= now.date():
            expected.add(row.id)
    assert still == expected

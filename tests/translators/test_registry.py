"""Which map is for what."""

import datetime

import pytest

from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from canonical.order import PurchaseOrder
from translators import registry


def test_every_set_has_its_map_and_every_map_its_document() -> None:
    assert registry.supported_sets() == (
        "810",
        "820",
        "824",
        "850",
        "855",
        "856",
        "940",
        "943",
        "944",
        "945",
        "947",
        "997",
    )
    for set_id in registry.supported_sets():
        assert registry.find(set_id).set_id == set_id


def test_a_document_finds_the_map_that_writes_it() -> None:
    order = PurchaseOrder(number="1", order_date=datetime.date(2026, 9, 14))
    assert registry.for_document(order) is registry.find("850")


def test_a_set_without_a_map_is_the_partners_matter() -> None:
    with pytest.raises(registry.UnsupportedDocument, match="transaction set 204") as caught:
        registry.find("204")
    assert "Supported: 810" in caught.value.partner_message


def test_a_document_that_is_no_transaction_set_has_no_map() -> None:
    answer = InterchangeAcknowledgement(
        control_number="000000001",
        interchange_date=datetime.date(2026, 9, 14),
        interchange_time=datetime.time(8, 15),
        status="accepted",
        note="000",
    )
    with pytest.raises(registry.UnsupportedDocument, match="InterchangeAcknowledgement"):
        registry.for_document(answer)

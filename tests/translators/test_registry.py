"""Which map is for what."""

import datetime

import pytest

from canonical.functional_acknowledgement import FunctionalAcknowledgement
from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from canonical.order import PurchaseOrder
from partners.profile import SETS
from translators import registry


def test_every_set_has_its_map_and_every_map_its_document() -> None:
    assert registry.supported_sets() == (*SETS, "997", "999")
    for set_id in registry.supported_sets():
        assert registry.find(set_id).set_id == set_id


def test_a_document_finds_the_map_that_writes_it() -> None:
    order = PurchaseOrder(number="1", order_date=datetime.date(2026, 9, 14))
    assert registry.for_document(order) is registry.find("850")


@pytest.mark.parametrize(("kind", "set_id"), [("functional", "997"), ("implementation", "999")])
def test_an_acknowledgement_says_itself_which_of_two_sets_it_is(kind: str, set_id: str) -> None:
    answer = FunctionalAcknowledgement.model_validate(
        {
            "kind": kind,
            "functional_id": "PO",
            "group_control_number": "1",
            "status": "accepted",
            "included": 1,
            "received": 1,
            "accepted": 1,
        }
    )
    assert registry.for_document(answer) is registry.find(set_id)


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

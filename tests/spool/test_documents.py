"""Documents, both ways, and the orders they are about."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from canonical.identity import DocumentId, PartnerId
from spool import documents
from spool.database.port import Database
from spool.documents import INBOUND, OUTBOUND, DocumentRow
from spool.states import DocumentState, IllegalMove

from .scene import ManualClock

ACME = PartnerId("acme")
COUNTING = (DocumentState.PENDING, DocumentState.DELIVERED)


@pytest.fixture
def add(database: Database, clock: ManualClock) -> Callable[..., DocumentRow]:
    def add(
        id_: str,
        *orders: str,
        state: str = "delivered",
        key: str = "Invoice/1/1",
        partner: str = ACME,
        direction: str = INBOUND,
    ) -> DocumentRow:
        clock.time += timedelta(seconds=1)
        row = DocumentRow(
            id=id_,
            direction=direction,
            partner=partner,
            type="Invoice",
            business_key=key,
            state=DocumentState(state),
            created_at=clock.now(),
        )
        database.write(lambda session: documents.add(session, row, orders))
        return row

    return add


def ids(rows: Sequence[DocumentRow]) -> list[str]:
    return [row.id for row in rows]


class TestTheSameKey:
    @pytest.mark.parametrize("state", DocumentState)
    def test_counts_while_the_first_is_on_its_way_or_delivered(
        self, database: Database, add: Callable[..., DocumentRow], state: DocumentState
    ) -> None:
        add("1", state=state)
        later = add("2", state="pending")
        with database.read() as session:
            earlier = documents.earlier_with_business_key(session, later)
        assert (earlier is not None) == (state in COUNTING)

    def test_is_of_one_partner_and_direction(self, database: Database, add: Callable[..., DocumentRow]) -> None:
        add("1", partner="beta")
        add("2", direction=OUTBOUND)
        add("3", key="Invoice/2/1")
        later = add("4", state="pending")
        with database.read() as session:
            assert documents.earlier_with_business_key(session, later) is None
            found = documents.with_business_key(session, ACME, OUTBOUND, "Invoice/1/1")
        assert found is not None
        assert found.id == "2"

    def test_is_that_of_the_first(self, database: Database, add: Callable[..., DocumentRow]) -> None:
        add("1", state="rejected")
        add("2")
        add("3")
        later = add("4", state="pending")
        with database.read() as session:
            earlier = documents.earlier_with_business_key(session, later)
        assert earlier is not None
        assert earlier.id == "2"

    def test_may_have_come_later_and_been_taken_in_earlier(
        self, database: Database, add: Callable[..., DocumentRow]
    ) -> None:
        """The file of the first one died on its way in, and is tried again now."""
        first = add("1", state="pending")
        with database.read() as session:
            assert documents.earlier_with_business_key(session, first) is None
        add("2")
        with database.read() as session:
            earlier = documents.earlier_with_business_key(session, first)
        assert earlier is not None
        assert earlier.id == "2"


class TestOrders:
    def test_are_found_with_all_their_documents_oldest_first(
        self, database: Database, add: Callable[..., DocumentRow]
    ) -> None:
        add("9", "A")
        add("1", "A", "B", "A", direction=OUTBOUND)
        add("2", "B", partner="beta")
        with database.read() as session:
            assert ids(documents.of_order(session, "A")) == ["9", "1"]
            assert ids(documents.of_order(session, "B")) == ["1", "2"]
            assert ids(documents.of_order(session, "B", "beta")) == ["2"]
            assert ids(documents.of_order(session, "C")) == []


def test_a_document_moves_only_as_the_table_says(database: Database, add: Callable[..., DocumentRow]) -> None:
    row = add("1", state="duplicate")
    with pytest.raises(IllegalMove, match="A document that is duplicate cannot become delivered"):
        documents.close(row, DocumentState.DELIVERED)
    with database.read() as session:
        assert documents.get(session, DocumentId("1")) is not None
        assert documents.get(session, DocumentId("2")) is None

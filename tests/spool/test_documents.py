"""Documents, both ways, and the orders they are about."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

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
        content: str | None = None,
        canonical: str | None = None,
        revision: str | None = None,
    ) -> DocumentRow:
        clock.time += timedelta(seconds=1)
        row = DocumentRow(
            id=id_,
            direction=direction,
            partner=partner,
            type="Invoice",
            business_key=key,
            content_sha256=content,
            canonical_sha256=canonical,
            revision=revision,
            state=DocumentState(state),
            created_at=clock.now(),
        )
        database.write(lambda session: documents.add(session, row, orders))
        return row

    return add


def ids(rows: Sequence[DocumentRow]) -> list[str]:
    return [row.id for row in rows]


def later(*, partner: str = ACME, key: str = "Invoice/1/1") -> DocumentRow:
    """An inbound document that is not kept yet."""
    return DocumentRow(id="9", direction=INBOUND, partner=partner, business_key=key)


class TestTheSameKey:
    @pytest.mark.parametrize("state", DocumentState)
    def test_counts_while_the_first_is_on_its_way_or_delivered(
        self, database: Database, add: Callable[..., DocumentRow], state: DocumentState
    ) -> None:
        add("1", state=state)
        with database.read() as session:
            found = documents.precedents(session, later())
        assert found.counts == ("1" if state in COUNTING else None)

    def test_is_of_one_partner_and_direction(self, database: Database, add: Callable[..., DocumentRow]) -> None:
        add("1", partner="beta")
        add("2", direction=OUTBOUND)
        add("3", key="Invoice/2/1")
        with database.read() as session:
            assert documents.precedents(session, later()) == documents.Precedents(None, None, None, 0)
            found = documents.with_business_key(session, ACME, OUTBOUND, "Invoice/1/1")
        assert found is not None
        assert found.id == "2"

    def test_is_that_of_the_first_with_what_it_said(self, database: Database, add: Callable[..., DocumentRow]) -> None:
        add("1", state="rejected")
        add("2", content="aa", canonical="bb")
        add("3", content="cc", canonical="dd")
        with database.read() as session:
            assert documents.precedents(session, later()) == documents.Precedents(DocumentId("2"), "aa", "bb", 0)

    def test_is_no_obstacle_where_the_erp_refused_it_but_is_counted(
        self, database: Database, add: Callable[..., DocumentRow]
    ) -> None:
        add("1", state="rejected", revision="1")
        add("2", state="rejected", revision="1.2")
        add("3", state="rejected")
        with database.read() as session:
            assert documents.precedents(session, later()) == documents.Precedents(None, None, None, 2)


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


def test_a_document_is_moved_by_the_first_who_finds_it_where_it_is(
    database: Database, add: Callable[..., DocumentRow]
) -> None:
    row = add("1", state="pending")

    def refuse(session: Session) -> bool:
        return documents.move(session, row.id, DocumentState.PENDING, DocumentState.REJECTED, reason="no")

    assert database.write(refuse)
    assert not database.write(refuse)
    with database.read() as session:
        kept = documents.get(session, DocumentId("1"))
    assert kept is not None
    assert (kept.state, kept.reason) == (DocumentState.REJECTED, "no")


def test_a_document_moves_only_as_the_table_says(database: Database, add: Callable[..., DocumentRow]) -> None:
    row = add("1", state="duplicate")
    with pytest.raises(IllegalMove, match="A document that is duplicate cannot become delivered"):
        documents.close(row, DocumentState.DELIVERED)
    with database.read() as session:
        assert documents.get(session, DocumentId("1")) is not None
        assert documents.get(session, DocumentId("2")) is None

"""Receipts: each arrival of each file."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from canonical.identity import BlobDigest, PartnerId, ReceiptId
from spool import receipts
from spool.database.port import Database
from spool.documents import INBOUND, DocumentRow
from spool.receipts import Receipt
from spool.states import DocumentState, IllegalMove, ReceiptState

from .scene import ManualClock

ACME, BETA = PartnerId("acme"), PartnerId("beta")
ONE, TWO = BlobDigest("1" * 64), BlobDigest("2" * 64)


@pytest.fixture
def add(database: Database, clock: ManualClock) -> Callable[..., None]:
    def add(
        id_: str,
        name: str = "a.edi",
        digest: str = ONE,
        partner: str = ACME,
        state: str = "opened",
        documents: Sequence[str] = (),
        revision: str | None = None,
    ) -> None:
        """A receipt, and its documents by their states; ``revision`` is that under which they were given to the ERP."""
        row = Receipt(
            id=id_,
            partner=partner,
            transport="sftp",
            filename=name,
            sha256=digest,
            size=1,
            received_at=clock.now(),
            state=ReceiptState(state),
        )
        found = [
            DocumentRow(
                id=f"{id_}-{position}",
                direction=INBOUND,
                partner=partner,
                type="Invoice",
                receipt_id=id_,
                revision=revision,
                state=DocumentState(each),
                created_at=clock.now(),
            )
            for position, each in enumerate(documents)
        ]

        def keep(session: Session) -> None:
            session.add(row)
            session.flush()
            session.add_all(found)

        database.write(keep)

    return add


def names(rows: object) -> list[tuple[str, str]]:
    return [(row.id, row.filename) for row in rows]  # type: ignore[attr-defined]


class TestTheSameBytes:
    def _earlier(self, database: Database, before: str, partner: PartnerId = ACME) -> str | None:
        with database.read() as session:
            found = receipts.earlier_with_same_bytes(session, partner, ONE, ReceiptId(before))
        return found.id if found else None

    def test_are_those_of_the_first_receipt_of_which_something_was_taken(
        self, database: Database, add: Callable[..., None]
    ) -> None:
        add("1")
        for id_ in ("2", "3", "4"):
            add(id_, documents=["delivered"])
        assert self._earlier(database, "4") == "2"

    def test_may_have_come_later_and_been_opened_earlier(self, database: Database, add: Callable[..., None]) -> None:
        """The first one died on its way in, and is tried again now."""
        add("1", state=ReceiptState.PENDING)
        add("2", documents=["delivered"])
        assert self._earlier(database, "1") == "2"

    def test_are_never_those_of_the_receipt_itself(self, database: Database, add: Callable[..., None]) -> None:
        add("1", documents=["delivered"])
        assert self._earlier(database, "1") is None

    @pytest.mark.parametrize("state", [state for state in ReceiptState if state is not ReceiptState.OPENED])
    def test_do_not_count_where_the_file_was_not_opened(
        self, database: Database, add: Callable[..., None], state: ReceiptState
    ) -> None:
        add("1", state=state, documents=["delivered"])
        assert self._earlier(database, "2") is None

    @pytest.mark.parametrize("states", [[], ["rejected"], ["quarantined"], ["rejected", "quarantined"]])
    def test_do_not_count_where_nothing_was_taken(
        self, database: Database, add: Callable[..., None], states: list[str]
    ) -> None:
        """They may be good under a profile mended since."""
        add("1", documents=states)
        assert self._earlier(database, "2") is None

    @pytest.mark.parametrize("states", [["pending"], ["delivered"], ["rejected", "delivered"]])
    def test_count_where_anything_was_taken(
        self, database: Database, add: Callable[..., None], states: list[str]
    ) -> None:
        add("1", documents=states)
        assert self._earlier(database, "2") == "1"

    def test_count_where_only_the_ERP_refused(self, database: Database, add: Callable[..., None]) -> None:
        add("1", documents=["rejected"], revision="1")
        assert self._earlier(database, "2") == "1"

    def test_of_another_partner_or_with_other_bytes_are_others(
        self, database: Database, add: Callable[..., None]
    ) -> None:
        add("1", partner=BETA, documents=["delivered"])
        add("2", digest=TWO, documents=["delivered"])
        assert self._earlier(database, "3") is None
        assert self._earlier(database, "3", BETA) == "1"


class TestByName:
    def test_the_newest_of_each_name_newest_first(
        self, database: Database, clock: ManualClock, add: Callable[..., None]
    ) -> None:
        for id_, name in (("1", "a"), ("2", "b"), ("3", "a"), ("4", "c")):
            add(id_, name)
        add("5", "d", partner=BETA)
        with database.read() as session:
            found = receipts.latest_by_name(session, ACME, since=clock.now())
            assert names(found) == [("4", "c"), ("3", "a"), ("2", "b")]
            assert names(receipts.latest_by_name(session, ACME, since=clock.now(), limit=1)) == [("4", "c")]
            assert names(receipts.latest_by_name(session, ACME, since=clock.now() + timedelta(seconds=1))) == []

    def test_the_newest_of_one_name(self, database: Database, add: Callable[..., None]) -> None:
        add("1")
        add("2")
        with database.read() as session:
            found = receipts.latest_named(session, ACME, "a.edi")
            assert found is not None
            assert found.id == "2"
            assert receipts.latest_named(session, ACME, "b.edi") is None
            assert receipts.latest_named(session, BETA, "a.edi") is None


def test_a_receipt_ends_once(database: Database, add: Callable[..., None]) -> None:
    add("1", state="pending")

    def end(session: Session) -> None:
        row = receipts.get(session, ReceiptId("1"))
        assert row is not None
        receipts.close(row, ReceiptState.DUPLICATE, reason="Again.", duplicate_of=ReceiptId("0"))

    database.write(end)
    with database.read() as session:
        row = receipts.get(session, ReceiptId("1"))
        assert row is not None
        assert (row.state, row.reason, row.duplicate_of) == (ReceiptState.DUPLICATE, "Again.", "0")
        assert receipts.get(session, ReceiptId("9")) is None
    with pytest.raises(IllegalMove):
        database.write(end)

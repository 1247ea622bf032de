"""What two nodes that share a database do at the same moment is done once."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, Retryable
from canonical.identity import PartnerId
from canonical.order import PurchaseOrder
from gateway.app import Gateway
from gateway.erp import cursors
from gateway.erp.port import Applied, IdempotencyKey
from gateway.orders.book import COUNTED
from gateway.routines import HALF_WRITTEN
from gateway.settings import Role
from partners import registry
from spool.documents import DocumentRow
from spool.states import TransmissionState

from .house import House, house, invoice, order, wrapped

T = TypeVar("T")
PATIENCE = 20.0


class Pair:
    """Two gateways of one home and one database."""

    def __init__(self, one: House) -> None:
        self.one = one
        self.other = Gateway.open(one.gateway.home.root, clock=one.clock)

    def both(self, first: Callable[[Session], T], second: Callable[[Session], T]) -> list[T | Exception]:
        """What each gives, the second having begun while the first is in its transaction, with its work done."""
        begun = threading.Event()
        waiting = threading.Event()

        def hold(session: Session) -> T:
            result = first(session)
            session.flush()
            begun.set()
            # Long enough for the second to run into it, unless nothing keeps it: then it ends at once.
            waiting.wait(0.5)
            return result

        def follow(session: Session) -> T:
            result = second(session)
            waiting.set()
            return result

        with ThreadPoolExecutor(2) as pool:
            held = pool.submit(self.one.gateway.database.write, hold)
            assert begun.wait(PATIENCE)
            followed = pool.submit(self.other.database.write, follow)
            return [_outcome(held.result), _outcome(followed.result)]


def _outcome(ask: Callable[[], T]) -> T | Exception:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - looked at by the test
        return error


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with house(tmp_path / "home", kind="postgresql") as opened:
        made = Pair(opened)
        yield made
        made.other.close()


def test_an_order_submitted_by_both_is_one_document(pair: Pair) -> None:
    placed = PurchaseOrder.model_validate(order())
    submit = [
        partial(gateway.outbound.submit, document=placed, partner=PartnerId("acme"))
        for gateway in (pair.one.gateway, pair.other)
    ]
    first, second = pair.both(*submit)
    assert first == second
    assert len(pair.one.documents("outbound")) == 1


def test_profiles_applied_by_both_are_applied_one_after_the_other(pair: Pair) -> None:
    home = pair.one.gateway.home
    path = home.partners / "acme.yaml"
    path.write_text(path.read_text().replace("acme Inc", "Acme Incorporated"))
    loaded = pair.one.gateway.load_profiles().profiles
    apply = partial(registry.apply, profiles=loaded, at=pair.one.clock.now(), by="us")
    first, second = pair.both(apply, apply)
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert [change.kind for change in first if change.partner == "acme"] == ["changed"]
    assert [change.kind for change in second if change.partner == "acme"] == ["unchanged"]


def test_a_page_of_the_ERP_is_taken_by_one(pair: Pair) -> None:
    def read_on(to: str, session: Session) -> str:
        cursors.advance(session, "orders", None, to)
        return to

    first, second = pair.both(partial(read_on, "first"), partial(read_on, "second"))
    assert first == "first"
    assert isinstance(second, Retryable)


def corrected(house: House) -> str:
    """The ERP refused an invoice, and its correction has come, but nobody looked at it yet; the id of what was refused."""
    house.take("acme", "810.edi", wrapped("810", invoice()))
    [refused] = (house.gateway.home.erp / "out").glob("*.json")
    refused.rename(f"{refused}.error")
    house.gateway.delivery.collect()
    house.receive("acme", "810.edi", wrapped("810", invoice(), 2))
    return house.documents()[0].id


@pytest.mark.parametrize("first", ["correction", "change of mind"])
def test_of_an_invoice_and_its_correction_one_counts_though_the_ERP_changes_its_mind_in_the_same_moment(
    pair: Pair, first: str
) -> None:
    refused = corrected(pair.one)
    with pair.other.database.read() as session:
        row = session.get_one(DocumentRow, refused)
    claim = pair.one.gateway.database.write(lambda session: pair.one.gateway.queue.claim(session, "one"))
    assert claim is not None
    take_in = pair.one.gateway.inbound.open(claim)
    key = IdempotencyKey(PartnerId("acme"), "Invoice", "INV1", row.revision or "")

    def take_after_all(session: Session) -> None:
        pair.other.delivery._decided(session, row, Applied(key))

    both = (take_in, take_after_all) if first == "correction" else (take_after_all, take_in)
    assert pair.both(*both) == [None, None]
    counting = [document for document in pair.one.documents() if document.state in COUNTED]
    assert [document.id == refused for document in counting] == [first != "correction"]


def test_an_answer_is_not_lost_when_the_file_is_collected_in_the_same_moment(pair: Pair) -> None:
    pair.one.send_order()
    [sent] = pair.one.transmissions("document")
    accepted = wrapped("997", "AK1*PO*1\nAK2*850*0001\nAK5*A\nAK9*A*1*1*1", 1)
    receipt_id = pair.one.receive("acme", "997.edi", accepted)
    claim = pair.one.gateway.database.write(lambda session: pair.one.gateway.queue.claim(session, "one"))
    assert claim is not None
    assert claim.payload["receipt"] == receipt_id
    effects = pair.one.gateway.inbound.open(claim)
    collect = partial(
        pair.other.reception.front._collected, partner=PartnerId("acme"), filename=sent.filename, action="downloaded"
    )
    assert pair.both(effects, collect) == [None, None]
    [sent] = pair.one.transmissions("document")
    assert sent.state is TransmissionState.ACCEPTED


class TestAlone:
    def test_one_at_a_time_whichever_node_it_is(self, pair: Pair) -> None:
        one, other = pair.one.gateway.database, pair.other.database
        with one.alone("job") as mine, other.alone("job") as theirs, other.alone("other job") as others:
            assert (mine, theirs, others) == (True, False, True)
        with pair.other.database.alone("job") as theirs:
            assert theirs

    def test_what_a_dead_node_left_half_written_is_removed_and_not_what_a_living_one_writes(self, pair: Pair) -> None:
        home = pair.one.gateway.home
        left, written = home.erp / "out" / ".0123456789abcdef.tmp", home.sftp / "acme" / "outbox" / ".placing-0123"
        now = pair.one.clock.now().timestamp()
        for path, age in ((left, 2 * HALF_WRITTEN.total_seconds()), (written, 0.0)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"{")
            os.utime(path, (now - age, now - age))
        with pair.other.serving(role=Role.WORKER):
            pass  # what is done at intervals is done at least once
        assert (left.exists(), written.exists()) == (False, True)

    def test_on_a_file_too(self, tmp_path: Path) -> None:
        with house(tmp_path / "home") as opened:
            database = opened.gateway.database
            with database.alone("job") as mine, database.alone("job") as again:
                assert (mine, again) == (True, False)
            with database.alone("job") as mine:
                assert mine


class TestRoles:
    def test_a_listener_receives_and_a_worker_works(self, pair: Pair) -> None:
        with pair.one.gateway.serving(role=Role.LISTENER, sftp_port=0, http_port=0) as service:
            assert service.sftp_port
        with pair.one.gateway.serving(role=Role.WORKER) as service:
            assert service.sftp_port is None

    @pytest.mark.parametrize("role", [Role.LISTENER, Role.WORKER])
    def test_a_home_on_a_file_has_one_process_that_does_all(self, tmp_path: Path, role: Role) -> None:
        with (
            house(tmp_path / "home") as opened,
            pytest.raises(Misconfigured, match="needs a database that several nodes share"),
            opened.gateway.serving(role=role),
        ):
            pass

    def test_several_may_serve_at_once(self, pair: Pair) -> None:
        with (
            pair.one.gateway.serving(sftp_port=0, http_port=0) as one,
            pair.other.serving(sftp_port=0, http_port=0) as other,
        ):
            assert one.sftp_port != other.sftp_port

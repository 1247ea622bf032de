"""The outbound path: an order leaves as an 850, once, whole, and under numbers without a gap."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from canonical.documents import ANY_DOCUMENT, AnyDocument
from canonical.errors import Misconfigured, Retryable
from canonical.identity import DocumentId
from canonical.order import PurchaseOrder
from gateway.outbound import TRANSMIT
from gateway.senders.port import Parcel
from partners import control_numbers
from spool.queue.port import Claim
from spool.states import DocumentState, TransmissionState
from spool.worker import Effects, Handler
from translators import registry as maps
from translators.x12.check import check
from translators.x12.events import SetRead
from translators.x12.reader import read

from .house import House, interchange, invoice, order, segments, wrapped


def pulled(house: House, *orders: dict[str, Any], name: str | None = None) -> None:
    house.place_order(*orders, name=name)
    house.gateway.delivery.pull()
    house.work()


def parsed(given: dict[str, Any]) -> AnyDocument:
    return ANY_DOCUMENT.validate_python(given)


class TestAnOrder:
    def test_leaves_as_an_850_that_our_own_engine_accepts(self, house: House) -> None:
        data = house.send_order("4500123")
        report = check([data])
        assert report.accepted
        assert [finding for finding in report.findings if finding.is_error] == []
        [found] = report.interchanges
        assert (found["sender"], found["receiver"], found["usage"]) == ("OURCOMPANY", "ACME", "T")
        [group] = found["groups"]
        assert (group["functional_id"], group["version"]) == ("PO", "004010")
        assert [each["type"] for each in group["sets"]] == ["850"]

    def test_says_what_the_ERP_said(self, house: House) -> None:
        data = house.send_order("4500123")
        [tree] = [event.tree for event in read([data]) if isinstance(event, SetRead)]
        assert tree is not None
        document = maps.find("850").read(tree).document
        assert isinstance(document, PurchaseOrder)
        [line] = document.lines
        assert (document.number, document.order_date.isoformat()) == ("4500123", "2026-11-20")
        assert line.quantity is not None
        assert line.price is not None
        assert (line.quantity.value, line.quantity.unit, line.price.amount) == (Decimal(10), "EA", Decimal("2.50"))

    def test_is_dated_by_the_clock(self, house: House) -> None:
        house.clock.time = datetime(2027, 2, 3, 4, 5, tzinfo=UTC)
        isa = segments(house.send_order())[0]
        assert isa[9:11] == ["270203", "0405"]

    def test_is_followed_from_the_ERP_to_the_outbox(self, house: House) -> None:
        house.send_order("4500123")
        assert [entry.step for entry in house.trail("4500123")] == ["submitted", "built", "sent"]
        [row] = house.documents("outbound")
        [sent] = house.transmissions()
        assert (row.state, row.transmission_id, row.source_sha256) == (DocumentState.DELIVERED, sent.id, sent.sha256)
        assert (row.set_id, row.interchange_control, row.group_control, row.set_control) == (
            "850",
            "000000001",
            "1",
            "0001",
        )
        assert (sent.state, sent.functional_id, sent.size) == (
            TransmissionState.SENT,
            "PO",
            len(house.outbox("acme")[sent.filename]),
        )
        assert house.statuses() == {"4500123 sent": ""}
        house.assert_settled()

    def test_may_bear_a_later_version(self, house: House) -> None:
        house.amend("acme", ('version: "004010"', 'version: "005010"'))
        isa, gs, *_ = segments(house.send_order())
        assert (isa[11], isa[12], gs[8]) == ("^", "00501", "005010")

    def test_goes_by_the_partners_own_terms(self, house: House) -> None:
        house.amend(
            "acme",
            ("  usage: T", '  usage: P\n  delimiters: {element: "|", component: ":", segment: "^"}'),
            ("{qualifier: ZZ, id: OURCOMPANY}", '{qualifier: "01", id: "123456789", group_id: DEPT7}'),
        )
        isa, gs, *_ = segments(house.send_order())
        assert [text.strip() for text in isa[5:9]] == ["01", "123456789", "ZZ", "ACME"]
        assert (isa[15], gs[2], gs[3]) == ("P", "DEPT7", "ACME")

    def test_of_a_partner_with_a_folder_goes_there(self, house: House) -> None:
        pulled(house, order("C1", "cargo"))
        assert house.answers("cargo") == ["850"]
        assert house.answers("acme") == []


class TestTheSameOrderAgain:
    def test_is_not_sent_again(self, house: House) -> None:
        pulled(house, order("4500123"))
        pulled(house, order("4500123"), name="again.json")
        assert house.answers("acme") == ["850"]
        assert len(house.documents("outbound")) == 1
        assert house.statuses() == {"4500123 sent": ""}
        assert (house.gateway.home.erp / "in" / "again.json.done").exists()
        house.assert_settled()

    def test_in_one_file_is_sent_once(self, house: House) -> None:
        pulled(house, order("4500123"), order("4500123"), name="both.json")
        assert house.answers("acme") == ["850"]

    def test_with_other_content_is_refused_and_the_ERP_is_told_why(self, house: House) -> None:
        pulled(house, order("4500123"))
        changed = order("4500123")
        changed["lines"][0]["quantity"]["value"] = "11"
        pulled(house, changed, name="changed.json")
        assert house.answers("acme") == ["850"]
        reason = house.statuses()["4500123 refused"]
        [first] = house.documents("outbound")
        assert f"Purchase order 4500123 went to acme before with other content (document {first.id})." in reason
        assert "order change (860)" in reason
        house.assert_settled()

    def test_to_another_partner_is_another_order(self, house: House) -> None:
        pulled(house, order("4500123", "acme"))
        pulled(house, order("4500123", "cargo"), name="cargo.json")
        assert (house.answers("acme"), house.answers("cargo")) == (["850"], ["850"])

    def test_as_another_release_is_another_order(self, house: House) -> None:
        pulled(house, order("4500123", release="1"))
        pulled(house, order("4500123", release="2"), name="2.json")
        assert house.answers("acme") == ["850", "850"]

    def test_after_it_could_not_be_sent_is_sent(self, house: House) -> None:
        bad = order("4500123", notes=[{"text": "50~60"}])
        pulled(house, bad)
        assert house.answers("acme") == []
        pulled(house, order("4500123"), name="mended.json")
        assert house.answers("acme") == ["850"]
        assert house.statuses()["4500123 sent"] == ""


REFUSED: dict[str, tuple[dict[str, Any], Callable[[House], None], str]] = {
    "no partner": (order("1", None), lambda house: None, 'The order names no partner: give "partner" the id'),
    "unknown partner": (order("1", "nobody"), lambda house: None, "There is no partner nobody in force"),
    "partner without X12": (order("1", "beta"), lambda house: None, "We do not send 850 to Beta Ltd."),
    "850 not agreed": (
        order("1"),
        lambda house: house.amend("acme", ("send: [850]", "send: []")),
        "We do not send 850 to acme Inc. Add 850 to documents.send in partners/acme.yaml and apply it.",
    ),
    "suspended": (
        order("1"),
        lambda house: house.amend("acme", ("status: active", "status: suspended")),
        "acme Inc is suspended. Set status: active in partners/acme.yaml and apply it.",
    ),
}


@pytest.mark.parametrize(("given", "set_up", "told"), REFUSED.values(), ids=REFUSED)
def test_an_order_nobody_agreed_to_is_refused_at_the_ERP(
    house: House, given: dict[str, Any], set_up: Callable[[House], None], told: str
) -> None:
    set_up(house)
    pulled(house, given)
    assert set(house.statuses()) == {"1 refused"}
    assert told in house.statuses()["1 refused"]
    assert house.documents("outbound") == []
    assert all(house.outbox(partner) == {} for partner in ("acme", "beta", "cargo"))
    assert (house.gateway.home.erp / "in" / "1.json.done").exists()
    house.assert_settled()


def test_good_and_refused_orders_of_one_file_part_ways(house: House) -> None:
    pulled(house, order("1"), order("2", "nobody"), order("3"), name="three.json")
    assert house.answers("acme") == ["850", "850"]
    assert set(house.statuses()) == {"1 sent", "2 refused", "3 sent"}


class TestAnUnforeseenFault:
    """What nobody thought of in one order concerns that order, and is neither silent nor for ever."""

    def _submitting(self, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
        """Order 2 fails when half of it is in the database."""
        outbound = type(self.house.gateway.outbound)
        really = outbound.submit

        def submit(self: Any, session: Session, document: AnyDocument, *args: Any, **more: Any) -> DocumentId:
            kept = really(self, session, document, *args, **more)
            if isinstance(document, PurchaseOrder) and document.number == "2":
                raise fault
            return kept

        monkeypatch.setattr(outbound, "submit", submit)

    @pytest.fixture(autouse=True)
    def _three_orders(self, house: House) -> None:
        self.house = house
        house.place_order(order("1"), order("2"), order("3"), name="three.json")

    def test_stops_that_order_alone(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self._submitting(monkeypatch, UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"))
        with capture_logs() as logged:
            assert house.gateway.delivery.pull() == 3
        house.work()
        assert set(house.statuses()) == {"1 sent", "2 refused", "3 sent"}
        assert "a fault in Tallystick (UnicodeEncodeError)" in house.statuses()["2 refused"]
        assert [row.number for row in house.documents("outbound")] == ["1", "3"]
        assert [(entry["order"], entry["exc_info"]) for entry in logged if "fault of ours" in entry["event"]] == [
            ("'2'", True)
        ]
        assert house.gateway.delivery.pull() == 0
        house.assert_settled()

    @pytest.mark.parametrize(
        "fault",
        [
            Retryable("The disk is full."),
            Misconfigured("The folder is read-only."),
            OSError("gone"),
            OperationalError("INSERT", {}, Exception("database is locked")),
        ],
        ids=lambda fault: type(fault).__name__,
    )
    def test_of_the_house_refuses_nothing(
        self, house: House, monkeypatch: pytest.MonkeyPatch, fault: Exception
    ) -> None:
        """All orders would meet it: they wait, and are taken when it is mended."""
        with monkeypatch.context() as broken:
            self._submitting(broken, fault)
            with pytest.raises(type(fault)):
                house.gateway.delivery.pull()
        assert (house.documents("outbound"), house.statuses()) == ([], {})
        assert house.gateway.delivery.pull() == 3


def second_line(**fields: Any) -> dict[str, Any]:
    """An order whose first line is sound and whose second has these fields."""
    [line] = order()["lines"]
    return {"lines": [line, line | fields]}


IMPOSSIBLE = {
    "the segment terminator": ({"notes": [{"text": "50~60"}]}, "'~'"),
    "the element separator": ({"number": "45*123"}, "'*'"),
    "the component separator": ({"notes": [{"text": "a > b"}]}, "'>'"),
    "a line break": ({"notes": [{"text": "a", "title": "45\n123"}]}, "'\\n'"),
    "a number that is too long": ({"number": "9" * 40}, "number (BEG[1]/03): BEG03 is '9999"),
    "a number that is far too long": (
        {"number": "9" * 5000},
        f"The PurchaseOrder {'9' * 60}... would not be a valid 850: number (BEG[1]/03): BEG03 is '9999",
    ),
    "no number": ({"number": ""}, "The PurchaseOrder has no number."),
    "a number of blanks": ({"number": "  "}, "The PurchaseOrder has no number."),
    "an unknown unit": (
        second_line(quantity={"value": "1", "unit": "QQ"}),
        "lines[2] (PO1[2]/03): PO103 is 'QQ', which is not in the code list of element 355. Correct it where it comes from",
    ),
    "a unit in words": (
        second_line(quantity={"value": "1", "unit": "Stück"}),
        "lines[2] (PO1[2]/03): PO103 is 'Stück' (5 characters), but must be a code of exactly 2 characters.",
    ),
    "a quantity that is too long": (
        second_line(quantity={"value": "9" * 30, "unit": "EA"}),
        f"lines[2].quantity (PO1[2]/02): PO102 is '{'9' * 30}' (30 digits), but must be a decimal number of at most 15",
    ),
    "a price that is too long": (
        second_line(price={"amount": "9" * 23}),
        f"lines[2].price (PO1[2]/04): PO104 is '{'9' * 23}' (23 digits), but must be a decimal number of at most 17",
    ),
    "a price that is too fine": (second_line(price={"amount": "1e-20"}), "lines[2].price (PO1[2]/04): PO104 is '.000"),
    "a currency in words": ({"currency": "Euro"}, "currency (CUR[1]/02): CUR02 is 'Euro'"),
    "a name that is too long": ({"parties": [{"role": "buyer", "name": "N" * 70}]}, "(N1[1]/02): N102 is 'NNN"),
    "a note that is too long": ({"notes": [{"text": "x" * 5000}]}, "MSG[1]/01"),
    "a count that is too large": ({"line_count": 9999999}, "line_count (CTT[1]/01): CTT01 is '9999999'"),
    "no lines": ({"lines": []}, "The mandatory loop PO1"),
    "many faults": (
        {"lines": [{"number": "1", "quantity": {"value": "1", "unit": "QQ"}}] * 20},
        "And 15 more.",
    ),
}


@pytest.mark.parametrize(("fields", "told"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_order_with_data_that_cannot_be_written_is_not_sent(house: House, fields: dict[str, Any], told: str) -> None:
    """X12 has no escape character, and what we would not accept ourselves we do not send. No number is lost with it."""
    pulled(house, order("4500123") | fields, name="bad.json")
    assert house.outbox("acme") == {}
    [(name, reason)] = house.statuses().items()
    assert name.endswith(" refused")
    assert told in reason
    assert len(reason) < 1000
    [row] = house.documents("outbound")
    assert (row.state, row.reason, row.interchange_control) == (DocumentState.DEAD, reason, None)
    pulled(house, order("NEXT"))
    [sent] = house.transmissions()
    assert (sent.interchange_control, sent.group_control) == ("000000001", "1")
    house.assert_balanced()


class TestControlNumbers:
    def test_have_no_gap_whatever_is_sent_and_whatever_fails(self, house: House) -> None:
        for number in range(1, 6):
            notes = [{"text": "a~b"}] if number % 2 == 0 else []
            pulled(house, order(f"PO{number}", notes=notes))
            house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
        house.take("acme", "x.edi", interchange(control=99))
        files = house.collect("acme")
        numbers = [int(segments(data)[0][13]) for data in files]
        groups = [int(segment[6]) for data in files for segment in segments(data) if segment[0] == "GS"]
        sets = [int(segment[2]) for data in files for segment in segments(data) if segment[0] == "ST"]
        assert numbers == list(range(1, 10))
        assert groups == sets == list(range(1, 9))

    def test_are_each_partners_own(self, house: House) -> None:
        pulled(house, order("A", "acme"))
        pulled(house, order("C", "cargo"))
        assert [row.interchange_control for row in house.transmissions()] == ["000000001"] * 2

    def test_begin_again_after_the_last(self, house: House) -> None:
        partner = house.gateway.partner("acme").partner
        house.gateway.database.write(
            lambda session: control_numbers.set_next(
                session, partner, control_numbers.Kind.INTERCHANGE, control_numbers.HIGHEST
            )
        )
        pulled(house, order("A"))
        pulled(house, order("B"))
        assert [row.interchange_control for row in house.transmissions()] == ["999999999", "000000001"]


@pytest.mark.parametrize(
    ("terms", "patience"), [("acknowledge_within: 24", timedelta(hours=24)), ("acknowledge_within: never", None)]
)
def test_the_997_is_due_when_it_is_agreed(house: House, terms: str, patience: timedelta | None) -> None:
    house.amend("acme", ("acknowledge_within: 24", terms))
    house.send_order("4500123")
    [sent] = house.transmissions()
    assert sent.sent_at is not None
    assert sent.answer_due_at == (sent.sent_at + patience if patience is not None else None)


class TestARetry:
    def test_sends_the_same_bytes(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        """Built once, sent many times (DESIGN §1.3), whatever time it has become and whatever the profile says by then."""
        attempts: list[tuple[str, bytes]] = []
        sender = type(house.gateway.outbound.senders)
        really = sender.send

        def send(self: Any, partner: Any, parcel: Parcel) -> None:
            attempts.append((parcel.filename, parcel.content.read()))
            if len(attempts) < 4:
                raise Retryable("The share is gone.")
            parcel.content.seek(0)
            really(self, partner, parcel)

        monkeypatch.setattr(sender, "send", send)
        pulled(house, order("4500123"))
        house.amend("acme", ("usage: T", "usage: P"))
        for _ in range(3):
            house.later(hours=2)
            house.work()
        assert len(attempts) == 4
        assert len(set(attempts)) == 1
        assert house.outbox("acme") == dict(attempts[:1])
        house.assert_settled()

    def test_of_what_was_sent_before_leaves_its_time_and_its_deadline(self, house: House) -> None:
        """The partner asked for it again, or a crash lost our note: the clock of the 997 runs from the first time."""
        house.send_order("4500123")
        [before] = house.transmissions()
        house.later(hours=5)
        outbound = house.gateway.outbound
        house.gateway.database.write(lambda session: outbound.send_again(session, before, "asked for again"))
        house.work()
        [after] = house.transmissions()
        assert (after.sent_at, after.answer_due_at) == (before.sent_at, before.answer_due_at)
        assert [entry.detail["again"] for entry in house.trail("4500123") if entry.step == "sent"] == [False, True]

    def test_holds_what_comes_behind_it(self, house: House) -> None:
        """Everything to one partner leaves in the order it was submitted."""
        failures = 0

        def once(kind: str, handler: Handler) -> Handler:
            def run(claim: Claim) -> Effects:
                nonlocal failures
                failures += 1
                if failures == 1:
                    raise Retryable("The share is gone.")
                return handler(claim)

            return run if kind == TRANSMIT else handler

        house.place_order(order("A"), order("B"), name="both.json")
        house.gateway.delivery.pull()
        house.work(once)
        house.later(minutes=1)
        house.work(once)
        sent = house.transmissions()
        assert [row.interchange_control for row in sent] == ["000000001", "000000002"]
        assert sorted(row.sent_at for row in sent if row.sent_at) == [row.sent_at for row in sent]

    def test_never_writes_over_what_lies_there(self, house: House) -> None:
        outbox = house.gateway.home.sftp / "acme" / "outbox"
        outbox.mkdir(parents=True)
        (outbox / "850_4500123_000000001.edi").write_bytes(b"somebody's")
        pulled(house, order("4500123"))
        assert house.outbox("acme") == {"850_4500123_000000001.edi": b"somebody's"}
        [row] = house.documents("outbound")
        assert row.state is DocumentState.DEAD
        assert "is there already with other content" in (row.reason or "")
        assert "4500123 refused" in house.statuses()


class TestByHand:
    def test_several_documents_are_submitted(self, house: House) -> None:
        sent = house.gateway.send("acme", [parsed(order("A")), parsed(order("B"))])
        house.work()
        assert [row.id for row in house.documents("outbound")] == sent
        assert house.answers("acme") == ["850", "850"]
        assert house.statuses() == {}

    def test_all_or_none(self, house: House) -> None:
        bill = {"type": "Invoice", "number": "1", "invoice_date": "2026-11-20", "total_amount": "1"}
        with pytest.raises(Misconfigured, match="We do not send 810 to acme Inc"):
            house.gateway.send("acme", [parsed(order("A")), parsed(bill)])
        house.work()
        assert house.documents("outbound") == []

    @pytest.mark.parametrize("purpose", ["change", "cancellation", "replace"])
    def test_an_order_cannot_be_changed_by_an_order(self, house: House, purpose: str) -> None:
        with pytest.raises(
            Misconfigured, match=f"Its purpose is {purpose}.*Send a document of type PurchaseOrderChange"
        ):
            house.gateway.send("acme", [parsed(order("A", purpose=purpose))])

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ({"number": "20", "quantity": {"value": "-5", "unit": "EA"}}, "Line 20 orders a negative quantity"),
            ({"schedule": [{"quantity": {"value": "-0.1", "unit": "EA"}}]}, "Line 2 orders a negative quantity"),
        ],
    )
    def test_less_than_nothing_cannot_be_ordered(self, house: House, line: dict[str, Any], told: str) -> None:
        given = order("A")
        given["lines"] = [*given["lines"], line]
        with pytest.raises(Misconfigured, match=told):
            house.gateway.send("acme", [parsed(given)])
        assert house.documents("outbound") == []

    def test_an_order_change_goes_once_and_the_next_one_too(self, house: House) -> None:
        house.amend("acme", ("send: [850]", "send: [850, 860]"))
        line = {"number": "1", "change": "quantity_increased", "quantity": {"value": "12", "unit": "EA"}}
        change = {"type": "PurchaseOrderChange", "order_number": "A", "order_date": "2026-11-20", "lines": [line]}
        [first] = house.gateway.send("acme", [parsed(change)])
        assert house.gateway.send("acme", [parsed(change)]) == [first]
        house.gateway.send("acme", [parsed(change | {"change_number": "2"})])
        house.work()
        assert house.answers("acme") == ["860", "860"]

    def test_an_answer_cannot_be_sent_by_itself(self, house: House) -> None:
        ta1 = {
            "type": "InterchangeAcknowledgement",
            "control_number": "1",
            "interchange_date": "2026-11-20",
            "interchange_time": "12:00",
            "status": "accepted",
            "note": "000",
        }
        with pytest.raises(Misconfigured, match="cannot be sent by itself"):
            house.gateway.send("acme", [parsed(ta1)])


def test_an_order_that_is_no_order_is_set_aside_where_the_ERP_put_it(house: House) -> None:
    folder = house.gateway.home.erp / "in"
    (folder / "bad.json").write_text(json.dumps(order("1") | {"nmber": "x"}))
    house.clock.time = datetime.now(UTC)
    house.later(minutes=1)
    house.gateway.delivery.pull()
    assert "nmber" in (folder / "bad.json.error.txt").read_text()
    assert house.documents("outbound") == []

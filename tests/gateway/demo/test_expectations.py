"""Each expectation is shown to fail when what it expects is taken away from a good run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from canonical.documents import AnyDocument
from canonical.invoice import Invoice
from canonical.shipment import Mark, ShipmentLevel, ShipNotice
from gateway.demo import scenario
from gateway.demo.evidence import Evidence
from gateway.demo.expectations import EXPECTATIONS, judge
from gateway.exchange.arrivals import REFUSED, Arrival
from spool.states import DocumentState, MessageState
from spool.tables import Base

from .conftest import Played

pytestmark = pytest.mark.slow

Spoil = Callable[[Evidence], Evidence]


def without(type_: str, number: str) -> Spoil:
    """No such document reached the ERP."""

    def named(document: AnyDocument) -> bool:
        numbers = (getattr(document, "number", ""), getattr(document, "order_number", ""))
        return document.type == type_ and number in numbers

    return lambda seen: replace(seen, erp_documents=[found for found in seen.erp_documents if not named(found)])


def changed(type_: type[AnyDocument], change: Callable[[Any], AnyDocument]) -> Spoil:
    """Documents of a type say something else."""
    return lambda seen: replace(
        seen, erp_documents=[change(found) if isinstance(found, type_) else found for found in seen.erp_documents]
    )


def twice(seen: Evidence) -> Evidence:
    return replace(seen, erp_documents=[*seen.erp_documents, *seen.erp_documents])


def unsaid(event: str, file: str) -> Spoil:
    """A supplier does not say what it was answered to a file."""

    def left(words: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [word for word in words if (word["event"], word.get("file")) != (event, file)]

    return lambda seen: replace(seen, words={name: left(words) for name, words in seen.words.items()})


def misread(seen: Evidence) -> Evidence:
    """The 997 of the careless file tells less than all of its faults."""
    words = [
        {**word, "segments": [text for text in word.get("segments", ()) if not text.startswith("AK4*3*")]}
        for word in seen.words[scenario.RIVERMILL]
    ]
    return replace(seen, words={**seen.words, scenario.RIVERMILL: words})


def relabelled(notice: ShipNotice) -> ShipNotice:
    """One digit of each SSCC is wrong."""

    def level(found: ShipmentLevel) -> ShipmentLevel:
        marks = tuple(Mark(kind=mark.kind, value="9" + mark.value[1:]) for mark in found.marks)
        return found.model_copy(update={"marks": marks, "children": tuple(map(level, found.children))})

    return notice.model_copy(update={"levels": tuple(map(level, notice.levels))})


def dearer(invoice: Invoice) -> Invoice:
    return invoice.model_copy(update={"total_amount": invoice.total_amount + Decimal("0.01")})


def work_left(seen: Evidence) -> Evidence:
    return replace(seen, status=replace(seen.status, queue=replace(seen.status.queue, open=1)))


def lost(seen: Evidence) -> Evidence:
    balance = seen.status.balance
    return replace(seen, status=replace(seen.status, balance=replace(balance, received=balance.received + 1)))


def unproven(seen: Evidence) -> Evidence:
    """Nobody confirmed a message of ours."""
    return replace(seen, messages=[copied(message, state=MessageState.SENT) for message in seen.messages])


def refused(seen: Evidence) -> Arrival:
    return copied(seen.arrivals[0], outcome=REFUSED)


ROW = TypeVar("ROW", bound=Base)


def copied(row: ROW, **changed: object) -> ROW:
    """A row with other values, which no database knows."""
    values = {name: getattr(row, name) for name in (column.name for column in row.__table__.columns)}
    return type(row)(**values | changed)


SPOILT: tuple[tuple[str, str, Spoil], ...] = (
    ("order-sent", "not fetched", lambda seen: replace(seen, collected=frozenset())),
    ("order-sent", "no document", lambda seen: replace(seen, documents=())),
    ("order-accepted", "the ERP was not told", lambda seen: replace(seen, erp_statuses=())),
    ("acknowledgement", "absent", without("PurchaseOrderAcknowledgement", scenario.ORDER)),
    ("acknowledgement", "delivered twice", twice),
    ("ship-notice", "absent", without("ShipNotice", "SH-90017")),
    ("ship-notice", "wrong SSCCs", changed(ShipNotice, relabelled)),
    ("invoice", "absent", without("Invoice", scenario.INVOICE)),
    ("invoice", "off by a cent", changed(Invoice, dearer)),
    ("answers", "one not fetched", unsaid("answer", "856_SH-90017.edi")),
    ("rejection", "not fetched", unsaid("answer", scenario.CARELESS_INVOICE_FILE)),
    ("rejection", "a fault not told", misread),
    ("csv-acknowledgement", "absent", without("PurchaseOrderAcknowledgement", scenario.TELEPHONE_ORDER)),
    ("csv-invoice", "absent", without("Invoice", scenario.CSV_INVOICE)),
    ("csv-reports", "not fetched", lambda seen: replace(seen, collected=frozenset())),
    ("as2-order", "no document", lambda seen: replace(seen, documents=())),
    ("as2-order", "no message", lambda seen: replace(seen, messages=())),
    ("as2-order", "no MDN", unproven),
    ("as2-order", "the supplier does not say how it came", unsaid("taken", f"850_{scenario.AS2_ORDER}_000000001.edi")),
    ("as2-answers", "one did not come", lambda seen: replace(seen, arrivals=seen.arrivals[1:])),
    ("as2-answers", "one more was refused", lambda seen: replace(seen, arrivals=[*seen.arrivals, refused(seen)])),
    ("as2-answers", "one MDN proves nothing", unsaid("mdn", f"855_{scenario.AS2_ORDER}.edi")),
    ("as2-documents", "no acknowledgement", without("PurchaseOrderAcknowledgement", scenario.AS2_ORDER)),
    ("as2-documents", "no ship notice", without("ShipNotice", scenario.AS2_SHIPMENT)),
    ("as2-documents", "off by a cent", changed(Invoice, dearer)),
    ("suppliers", "one gave up", lambda seen: replace(seen, failures={"huber": "Nobody answers."})),
    ("suppliers", "one still waits", lambda seen: replace(seen, working=["huber"])),
    ("settled", "work left", work_left),
    ("settled", "not fetched", lambda seen: replace(seen, collected=frozenset())),
    ("balance", "one lost", lost),
)


@pytest.mark.parametrize(
    ("name", "spoil"), [(name, spoil) for name, _, spoil in SPOILT], ids=[f"{n}: {w}" for n, w, _ in SPOILT]
)
def test_what_is_taken_away_is_missed(played: Played, name: str, spoil: Spoil) -> None:
    order = scenario.purchase_order(played.moments[0].at.date())
    results = {result.name: result for result in judge(spoil(played.outcome.evidence), order)}
    assert results[name].missing


def test_every_expectation_is_shown_to_fail() -> None:
    assert {name for name, *_ in SPOILT} == {expected.name for expected in EXPECTATIONS}


def test_the_careless_document_is_rejected(played: Played) -> None:
    rows = played.outcome.evidence.documents_of(scenario.CARELESS_INVOICE_FILE)
    assert [row.state for row in rows] == [DocumentState.REJECTED]

"""A supplier with EDI: its order desk answers an 850 with 997, 855, 856 and 810, one after the other."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from .office import Outgoing, Unexpected
from .words import say
from .x12_papers import (
    Company,
    Order,
    acknowledgement_855,
    acknowledgement_997,
    careless_810,
    invoice_810,
    ship_notice_856,
)
from .x12_text import Letterhead, Segment, split

FIRST_CONTROL_NUMBER = 501

Paper = tuple[str, str, str, list[Segment], str]
"""Functional id, set, document number for the file's name, body, and the verdict that the desk expects."""


class X12Office:
    """Waits for one order. Each paper leaves when the one before it was acknowledged; the last one may be a careless one."""

    renames = True

    def __init__(self, company: Company, now: datetime) -> None:
        self._company = company
        self._now = now
        self._letterhead: Letterhead | None = None
        self._papers: Iterator[Paper] = iter(())
        self._sent: dict[str, tuple[str, str]] = {}
        self._done = False

    @property
    def finished(self) -> bool:
        return self._done and not self._sent

    def begin(self) -> Iterable[Outgoing]:
        return ()

    def take(self, name: str, data: bytes) -> Iterator[Outgoing]:
        """What to send on getting a file."""
        segments = split(data.decode("ascii"))
        kind = next((segment[1] for segment in segments if segment[0] == "ST"), "")
        handlers: dict[str, Callable[[list[Segment]], Iterator[Outgoing]]] = {
            "850": self._order,
            "997": self._acknowledged,
        }
        if kind not in handlers:
            raise Unexpected(f"{name} holds no order and no acknowledgement.")
        yield from handlers[kind](segments)

    def _order(self, segments: list[Segment]) -> Iterator[Outgoing]:
        order = Order.read(segments)
        say("order", f"read order {order.number}: {len(order.lines)} lines", order=order.number)
        self._letterhead = Letterhead.answering(segments, self._now, FIRST_CONTROL_NUMBER)
        text, _ = self._letterhead.interchange("FA", "997", acknowledgement_997(order))
        yield f"997_{order.number}.edi", text.encode("ascii")
        self._papers = self._papers_for(order)
        yield from self._next()

    def _papers_for(self, order: Order) -> Iterator[Paper]:
        company, today = self._company, self._now.date()
        yield "PR", "855", order.number, acknowledgement_855(company, order, today), "A"
        yield "SH", "856", company.shipment, ship_notice_856(company, order, self._now), "A"
        yield "IN", "810", company.invoice, invoice_810(company, order, company.invoice, today), "A"
        if company.careless_invoice is not None:
            body = careless_810(company, order, company.careless_invoice, today)
            yield "IN", "810", company.careless_invoice, body, "R"

    def _next(self) -> Iterator[Outgoing]:
        paper = next(self._papers, None)
        if paper is None or self._letterhead is None:
            self._done = True
            return
        functional_id, set_id, number, body, expected = paper
        text, group = self._letterhead.interchange(functional_id, set_id, body)
        name = f"{set_id}_{number}.edi"
        self._sent[group] = (name, expected)
        yield name, text.encode("ascii")

    def _acknowledged(self, segments: list[Segment]) -> Iterator[Outgoing]:
        """A 997: for which paper, and what it says."""
        group = next(segment[2] for segment in segments if segment[0] == "AK1")
        verdict = next(segment[1] for segment in segments if segment[0] == "AK9")
        if group not in self._sent:
            raise Unexpected(f"A 997 came for group {group}, which we never sent.")
        name, expected = self._sent.pop(group)
        body = ["*".join(segment) for segment in segments if segment[0].startswith("AK")]
        word = {"A": "accepted", "E": "accepted with errors", "P": "accepted in part", "R": "rejected"}[verdict]
        say("answer", f"997 for {name}: {word}", file=name, verdict=verdict, segments=body)
        if verdict != expected:
            raise Unexpected(f"{name} was {word}: {' '.join(body)}")
        yield from self._next()

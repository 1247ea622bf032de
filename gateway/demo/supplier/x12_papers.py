"""The papers a supplier writes for an order: 997, 855, 856 and 810 of X12 004010, each as its segments between ST and SE."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from .warehouse import PRODUCTS, Product, cartons, sscc
from .x12_text import Segment

FREIGHT = Decimal("45.00")


@dataclass(frozen=True, slots=True)
class Company:
    """Who writes, and the numbers of its papers for the one order it gets. ``careless_invoice`` is one with mistakes, if it makes any."""

    name: str
    duns: str
    sales_order: str
    shipment: str
    bill_of_lading: str
    invoice: str
    careless_invoice: str | None = None

    def named(self, role: str) -> Segment:
        return ["N1", role, self.name, "1", self.duns]


COMPANIES = {
    "rivermill": Company(
        "Rivermill Supply", "987654321", "SO-66120", "SH-90017", "BOL-55102", "INV-3301", careless_invoice="INV-3302"
    ),
    "tamarack": Company("Tamarack Hardware", "123456789", "T-2207", "TS-0418", "TB-7716", "TI-1090"),
}
"""By the user name under which each is known to the gateway."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the order. ``parts`` are its product numbers by qualifier."""

    number: str
    quantity: int
    unit: str
    price: Decimal
    parts: dict[str, str]

    @property
    def product(self) -> Product:
        return PRODUCTS[self.parts["VP"]]

    @property
    def coming(self) -> int:
        """What of it can be supplied."""
        return min(self.quantity, self.product.in_stock)

    def part_numbers(self) -> Segment:
        return [text for pair in self.parts.items() for text in pair]


@dataclass(frozen=True, slots=True)
class Order:
    """What the supplier takes from an 850."""

    number: str
    ordered_on: str
    wanted: date
    ship_to: list[Segment]
    lines: list[Line]
    functional_id: str
    group: str
    control: str

    @classmethod
    def read(cls, segments: Sequence[Segment]) -> "Order":
        first = {segment[0]: segment for segment in reversed(segments)}
        wanted = next(segment[2] for segment in segments if segment[:2] == ["DTM", "002"])
        return cls(
            number=first["BEG"][3],
            ordered_on=first["BEG"][5],
            wanted=date(int(wanted[:4]), int(wanted[4:6]), int(wanted[6:])),
            ship_to=list(_ship_to(segments)),
            lines=[_line(segment) for segment in segments if segment[0] == "PO1"],
            functional_id=first["GS"][1],
            group=first["GS"][6],
            control=first["ST"][2],
        )

    @property
    def leaving(self) -> date:
        """When the goods go together: when the last of them can."""
        return self.wanted + timedelta(days=max(line.product.delay_days for line in self.lines))


def _line(segment: Segment) -> Line:
    parts = dict(zip(segment[6::2], segment[7::2], strict=True))
    return Line(segment[1], int(segment[2]), segment[3], Decimal(segment[4]), parts)


def _ship_to(segments: Sequence[Segment]) -> Iterator[Segment]:
    inside = False
    for segment in segments:
        inside = segment[1] == "ST" if segment[0] == "N1" else inside and segment[0] in ("N3", "N4")
        if inside:
            yield segment


def acknowledgement_997(order: Order) -> list[Segment]:
    """The order could be read."""
    return [
        ["AK1", order.functional_id, order.group],
        ["AK2", "850", order.control],
        ["AK5", "A"],
        ["AK9", "A", "1", "1", "1"],
    ]


def acknowledgement_855(company: Company, order: Order, today: date) -> list[Segment]:
    """Each line as it can be supplied: as ordered, later, or short with the rest on back order."""
    body = [["BAK", "00", "AC", order.number, order.ordered_on, "", "", "", company.sales_order, f"{today:%Y%m%d}"]]
    for line in order.lines:
        leaves = f"{order.wanted + timedelta(days=line.product.delay_days):%Y%m%d}"
        body.append(["PO1", line.number, str(line.quantity), line.unit, f"{line.price}", "PE", *line.part_numbers()])
        body.append(["PID", "F", "", "", "", line.product.description])
        answer = "DR" if line.product.delay_days else "IA"
        if line.coming < line.quantity:
            body.append(["ACK", "IQ", str(line.coming), line.unit, "067", leaves])
            body.append(["ACK", "IB", str(line.quantity - line.coming), line.unit])
        else:
            body.append(["ACK", answer, str(line.quantity), line.unit, "067", leaves])
    return [*body, ["CTT", str(len(order.lines))]]


def ship_notice_856(company: Company, order: Order, at: datetime) -> list[Segment]:
    """Pick and pack: shipment, order, cartons with their SSCC, and in each carton its item."""
    packed = [(line, pieces) for line in order.lines for pieces in cartons(line.coming, line.product)]
    pounds = sum(pieces * line.product.pounds for line, pieces in packed)
    leaving = f"{order.leaving:%Y%m%d}"
    body = [
        ["BSN", "00", company.shipment, f"{at:%Y%m%d}", f"{at:%H%M%S}", "0001"],
        ["HL", "1", "", "S", "1"],
        ["TD1", "CTN25", str(len(packed)), "", "", "", "G", f"{pounds:g}", "LB"],
        ["TD5", "", "2", "RVRM", "M", "Rivermill Express"],
        ["REF", "BM", company.bill_of_lading],
        ["DTM", "011", leaving],
        company.named("SF"),
        *order.ship_to,
        ["HL", "2", "1", "O", "1"],
        ["PRF", order.number, "", "", order.ordered_on],
    ]
    for number, (line, pieces) in enumerate(packed):
        pack = 3 + 2 * number
        body += [
            ["HL", str(pack), "2", "P", "1"],
            ["MAN", "GM", sscc(7001 + number)],
            ["HL", str(pack + 1), str(pack), "I", "0"],
            ["LIN", line.number, *line.part_numbers()],
            ["SN1", "", str(pieces), line.unit],
        ]
    return [*body, ["CTT", str(2 + 2 * len(packed))]]


def invoice_810(company: Company, order: Order, number: str, today: date) -> list[Segment]:
    """What was shipped, and freight; the total is their sum, in cents."""
    body = [
        ["BIG", f"{today:%Y%m%d}", number, order.ordered_on, order.number],
        ["REF", "VN", company.sales_order],
        company.named("RI"),
        ["ITD", "01", "3", "", "", "", "", "30"],
        ["DTM", "011", f"{order.leaving:%Y%m%d}"],
    ]
    total = FREIGHT
    for line in order.lines:
        body.append(["IT1", line.number, str(line.coming), line.unit, f"{line.price}", "PE", *line.part_numbers()])
        total += line.coming * line.price
    return [
        *body,
        ["TDS", _cents(total)],
        ["SAC", "C", "D240", "", "", _cents(FREIGHT)],
        ["CTT", str(len(order.lines))],
    ]


def careless_810(company: Company, order: Order, number: str, today: date) -> list[Segment]:
    """The same with three mistakes: a day that is none, a reference that does not say of what, and a unit nobody knows."""
    body = invoice_810(company, order, number, today)
    big = next(segment for segment in body if segment[0] == "BIG")
    big[1] = f"{today:%Y}1345"
    reference = next(segment for segment in body if segment[0] == "REF")
    reference[1] = ""
    item = [segment for segment in body if segment[0] == "IT1"][-1]
    item[3] = "XX"
    return body


def _cents(amount: Decimal) -> str:
    return str(int((amount * 100).to_integral_exact()))

"""What is traded in one round: files with all that must become of them, said before anything is sent."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from spool.states import DocumentState, ReceiptState

ACME, BETA, CARGO, DELTA = "acme", "beta", "cargo", "delta"
"""X12 over SFTP with a key; CSV over SFTP with a password; X12 through a watched folder; X12 over AS2."""


class Route(StrEnum):
    """How a file is brought."""

    CLOSE = "close"
    """Over SFTP under its final name: complete at the CLOSE."""
    RENAME = "rename"
    """Over SFTP under a temporary name: complete at the rename."""
    FOLDER = "folder"
    """Into a watched folder."""
    AS2 = "as2"
    """As a message: complete with its MDN."""


@dataclass(frozen=True, slots=True)
class Due:
    """A document that must be found in a file, and where it must end."""

    type: str
    number: str | None
    state: DocumentState = DocumentState.DELIVERED


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file and what must become of its first receipt: state, documents in their order, and ``answers`` in words as
    :func:`tests.crash.counting.words` finds them."""

    partner: str
    filename: str
    data: bytes = field(repr=False)
    route: Route
    receipt: ReceiptState
    documents: tuple[Due, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def nothing_taken(self) -> bool:
        """Whether its sender has to send it again, as it is or mended, for anything of it to be used."""
        return all(due.state is DocumentState.REJECTED for due in self.documents)

    def under(self, filename: str, route: Route) -> "Parcel":
        """The same bytes under another name."""
        return Parcel(self.partner, filename, self.data, route, self.receipt, self.documents, self.answers)


@dataclass(frozen=True, slots=True)
class OrderFile:
    """A file the ERP puts into ``erp/in``; ``orders`` are (partner, number), none where it cannot be read."""

    filename: str
    data: bytes = field(repr=False)
    orders: tuple[tuple[str, str], ...]


ADDRESS = {ACME: "ACME", CARGO: "CARGO", DELTA: "DELTA"}
FUNCTIONAL_IDS = {"855": "PR", "856": "SH", "810": "IN", "997": "FA"}
CSV_HEADER = "Invoice,Date,PO,Total,Line,Item,Qty,Unit,Price"
MANY_LINES = 1600
MANY_SETS = 12


def transaction_set(set_id: str, number: str, order: str, *, lines: int = 1, unit: str = "EA") -> list[str]:
    """The segments between ST and SE of a document that is good if ``unit`` is."""
    if set_id == "855":
        head = [f"BAK*00*AC*{order}*20261120"]
        body = [
            segment
            for line in range(1, lines + 1)
            for segment in (f"PO1*{line}*10*{unit}*2.5**VP*{number}", f"ACK*IQ*8*{unit}*068*20261201")
        ]
        return [*head, *body, f"CTT*{lines}"]
    if set_id == "856":
        return [
            *(f"BSN*00*{number}*20261121*0700*0001", "HL*1**S", "HL*2*1*O", f"PRF*{order}"),
            *("HL*3*2*P", "MAN*GM*00350000000000000012", "HL*4*3*I", "LIN**VP*AB-1", f"SN1**8*{unit}", "CTT*4"),
        ]
    items = [f"IT1*{line}*8*{unit}*2.5**VP*AB-{line}" for line in range(1, lines + 1)]
    return [f"BIG*20261121*{number}*20261120*{order}", *items, f"TDS*{2000 * lines}", f"CTT*{lines}"]


def interchange(partner: str, control: int, groups: Sequence[tuple[str, int, Sequence[Sequence[str]]]]) -> bytes:
    """An interchange of groups (set id, group control number, bodies of sets)."""
    sender = ADDRESS[partner]
    segments = [
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*OURCOMPANY     *261121*0646*U*00401*{control:09d}*0*T*>"
    ]
    for set_id, group_control, bodies in groups:
        segments.append(f"GS*{FUNCTIONAL_IDS[set_id]}*{sender}*OURCOMPANY*20261121*0646*{group_control}*X*004010")
        for number, body in enumerate(bodies, start=1):
            segments += [f"ST*{set_id}*{number:04d}", *body, f"SE*{len(body) + 2}*{number:04d}"]
        segments.append(f"GE*{len(bodies)}*{group_control}")
    segments.append(f"IEA*{len(groups)}*{control:09d}")
    return "".join(f"{segment}~\n" for segment in segments).encode()


_TYPES = {"855": "PurchaseOrderAcknowledgement", "856": "ShipNotice", "810": "Invoice"}


class Trade:
    """Makes the files of one round. The same seed makes the same files."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seed = seed
        self._controls: Counter[str] = Counter()
        self._numbers = 0

    def supplier(self, partner: str, route: Route | None = None) -> list[Parcel]:
        """What an X12 partner sends, in this order: a repetition comes after what it repeats."""
        kinds = [self._good] * 4 + [self._two_groups, self._rejected, self._many_sets, self._garbage]
        kinds += [self._good] * 6 + [self._two_groups, self._large] if route is None else []
        self._random.shuffle(kinds)
        parcels = [kind(partner, route) for kind in kinds]
        first = next(parcel for parcel in parcels if len(parcel.documents) == 1 and parcel.answers[0].endswith(" A"))
        rejected = next(parcel for parcel in parcels if parcel.documents and parcel.nothing_taken)
        parcels += [
            first.under(self._name("again", "edi"), self._route(route)),
            rejected.under(self._name("again", "edi"), self._route(route)),
            self._same_document(first, route),
            self._same_control_number(first, route),
        ]
        return parcels

    def csv_supplier(self) -> list[Parcel]:
        """What the CSV partner sends."""
        two, odd = self._csv(2), self._csv(2, wrong=1)
        headless = Parcel(
            BETA,
            self._name("head", "csv"),
            b"Invoice;Datum\r\n1;2\r\n",
            self._route(None),
            ReceiptState.REJECTED,
            answers=("report",),
        )
        same_name = self._csv(1).under(two.filename, Route.CLOSE)
        return [two, odd, headless, same_name, odd.under(self._name("again", "csv"), self._route(None)), self._csv(1)]

    def orders(self, *others: str) -> list[OrderFile]:
        """What the ERP orders: files of one order and of several, and one that cannot be read; one for each of ``others`` too."""
        files = [self._orders(ACME), self._orders(ACME, CARGO, ACME), self._orders(CARGO), self._orders(ACME)]
        files += [self._orders(other) for other in others]
        files.insert(self._random.randrange(4), OrderFile(self._name("bad", "json"), b"[{", ()))
        return files

    def answer(self, control: int, group: tuple[str, str], sets: Sequence[tuple[str, str]]) -> Parcel:
        """Acme's 997 that accepts a group of ours. ``control`` must be beyond those of :meth:`supplier`."""
        functional_id, answered = group
        body = [f"AK1*{functional_id}*{answered}"]
        for set_id, number in sets:
            body += [f"AK2*{set_id}*{number}", "AK5*A"]
        body.append(f"AK9*A*{len(sets)}*{len(sets)}*{len(sets)}")
        data = interchange(ACME, control, [("997", control, [body])])
        due = Due("FunctionalAcknowledgement", answered)
        return Parcel(ACME, f"997-{answered}.edi", data, Route.CLOSE, ReceiptState.OPENED, (due,))

    def _good(self, partner: str, route: Route | None, lines: int = 1) -> Parcel:
        set_id = self._random.choice(sorted(_TYPES)) if lines == 1 else "810"
        number, order = self._number(), self._number()
        control = self._control(partner)
        due = Due(_TYPES[set_id], order if set_id == "855" else number)
        data = interchange(partner, control, [(set_id, control, [transaction_set(set_id, number, order, lines=lines)])])
        answer = f"997 {FUNCTIONAL_IDS[set_id]} {control} A"
        return self._parcel(partner, set_id, data, route, (due,), (answer,))

    def _large(self, partner: str, route: Route | None) -> Parcel:
        """Larger than what is kept in a row of the database, and so is its canonical form."""
        return self._good(partner, route, lines=MANY_LINES)

    def _rejected(self, partner: str, route: Route | None) -> Parcel:
        number, control = self._number(), self._control(partner)
        body = transaction_set("810", number, self._number(), unit="QQ")
        due = Due("Invoice", number, DocumentState.REJECTED)
        data = interchange(partner, control, [("810", control, [body])])
        return self._parcel(partner, "bad", data, route, (due,), (f"997 IN {control} R",))

    def _two_groups(self, partner: str, route: Route | None) -> Parcel:
        """Two groups, one of them partly good."""
        good, bad, shipment = self._number(), self._number(), self._number()
        control = self._control(partner)
        invoices = [transaction_set("810", good, good), transaction_set("810", bad, bad, unit="QQ")]
        notices = [transaction_set("856", shipment, good)]
        data = interchange(partner, control, [("810", control * 10, invoices), ("856", control * 10 + 1, notices)])
        dues = (Due("Invoice", good), Due("Invoice", bad, DocumentState.REJECTED), Due("ShipNotice", shipment))
        return self._parcel(
            partner, "two", data, route, dues, (f"997 IN {control * 10} P", f"997 SH {control * 10 + 1} A")
        )

    def _many_sets(self, partner: str, route: Route | None) -> Parcel:
        """More documents than the server under test commits at once."""
        numbers = [self._number() for _ in range(MANY_SETS)]
        control = self._control(partner)
        bodies = [transaction_set("810", number, number) for number in numbers]
        data = interchange(partner, control, [("810", control, bodies)])
        dues = tuple(Due("Invoice", number) for number in numbers)
        return self._parcel(partner, "many", data, route, dues, (f"997 IN {control} A",))

    def _garbage(self, partner: str, route: Route | None) -> Parcel:
        return Parcel(
            partner,
            self._name("noise", "edi"),
            self._random.randbytes(300),
            self._route(route),
            ReceiptState.QUARANTINED,
            answers=("notice",),
        )

    def _same_document(self, first: Parcel, route: Route | None) -> Parcel:
        """What came before, under a new control number."""
        control = self._control(first.partner)
        old = first.answers[0].split()[2]
        text = first.data.decode().replace(f"{int(old):09d}", f"{control:09d}")
        text = text.replace(f"*0646*{old}*X", f"*0646*{control}*X").replace(f"GE*1*{old}", f"GE*1*{control}")
        due = Due(first.documents[0].type, first.documents[0].number, DocumentState.DUPLICATE)
        answer = first.answers[0].replace(f" {old} ", f" {control} ")
        return self._parcel(first.partner, "same", text.encode(), route, (due,), (answer,))

    def _same_control_number(self, first: Parcel, route: Route | None) -> Parcel:
        """Something new under a control number that was used before."""
        control = int(first.answers[0].split()[2])
        number = self._number()
        data = interchange(first.partner, control, [("810", control, [transaction_set("810", number, self._number())])])
        due = Due("Invoice", number, DocumentState.DUPLICATE)
        # A TA1 says which number; a notice says in words what to do.
        return self._parcel(first.partner, "reused", data, route, (due,), (f"TA1 {control:09d} R 025", "notice"))

    def _csv(self, invoices: int, wrong: int = 0) -> Parcel:
        rows, dues = [], []
        for position in range(invoices):
            number, bad = self._number(), position < wrong
            date = "2026-13-41" if bad else "2026-11-21"
            rows.append(f"{number},{date},{self._number()},20.00,1,AB-1,8,EA,2.50")
            dues.append(Due("Invoice", number, DocumentState.REJECTED if bad else DocumentState.DELIVERED))
        data = "".join(f"{row}\r\n" for row in (CSV_HEADER, *rows)).encode()
        return Parcel(
            BETA, self._name("inv", "csv"), data, self._route(None), ReceiptState.OPENED, tuple(dues), ("report",)
        )

    def _orders(self, *partners: str) -> OrderFile:
        placed = tuple((partner, self._number()) for partner in partners)
        found = [_order(partner, number) for partner, number in placed]
        data = json.dumps(found[0] if len(found) == 1 else found).encode()
        return OrderFile(self._name("po", "json"), data, placed)

    def _parcel(
        self, partner: str, kind: str, data: bytes, route: Route | None, dues: tuple[Due, ...], answers: tuple[str, ...]
    ) -> Parcel:
        return Parcel(partner, self._name(kind, "edi"), data, self._route(route), ReceiptState.OPENED, dues, answers)

    def _route(self, route: Route | None) -> Route:
        return route or self._random.choice((Route.CLOSE, Route.RENAME))

    def _control(self, partner: str) -> int:
        self._controls[partner] += 1
        return self._controls[partner] * 7

    def _number(self) -> str:
        self._numbers += 1
        return f"N{self._seed}-{self._numbers}"

    def _name(self, kind: str, suffix: str) -> str:
        return f"{kind}-{self._number()}.{suffix}"


def _order(partner: str, number: str) -> dict[str, Any]:
    """A purchase order as the ERP writes it."""
    line = {
        "number": "1",
        "quantity": {"value": "10", "unit": "EA"},
        "price": {"amount": "2.50"},
        "items": [{"scheme": "vendor_part", "value": "AB-1"}],
    }
    return {
        "type": "PurchaseOrder",
        "number": number,
        "order_date": "2026-11-20",
        "partner": partner,
        "lines": [line],
    }

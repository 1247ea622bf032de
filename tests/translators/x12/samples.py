"""Small interchanges written by hand, to be broken at one place."""

from collections.abc import Iterable, Sequence

from canonical.finding import Finding, Severity
from translators.x12.events import Event, GroupEnd, InterchangeEnd, SetRead
from translators.x12.limits import DEFAULT, Limits
from translators.x12.reader import read
from translators.x12.schema import dictionary

ISA = "ISA*00*          *00*          *ZZ*SUPPLIER       *01*123456789      *260304*1516*U*00401*000000042*0*T*>"
GS = "GS*PO*SUPPLIER*DISTRIBUTOR*20260304*1516*7*X*004010"
ORDER = ("BEG*00*SA*4500123**20260304", "PO1*1*10*EA*2.5**VN*A-1", "CTT*1")
INVOICE = ("BIG*20260304*17", "IT1*1*10*EA*2.5**VN*A-1", "TDS*2500")
NOTICE = ("BSN*00*S1*20260304*1516", "HL*1**S", "HL*2*1*O", "PRF*4500123", "HL*3*2*I", "SN1**10*EA")
ANSWER = ("BAK*00*AC*4500123*20260304", "PO1*1*10*EA*2.5**VN*A-1", "ACK*IA*10*EA")
RECEIPT = ("AK1*PO*7", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1")
BODIES = {"850": ORDER, "810": INVOICE, "856": NOTICE, "855": ANSWER, "997": RECEIPT}


def a_set(set_id: str = "850", body: Sequence[str] | None = None, number: str = "0001") -> list[str]:
    """ST, the body, and an SE that is right."""
    body = BODIES[set_id] if body is None else body
    return [f"ST*{set_id}*{number}", *body, f"SE*{len(body) + 2}*{number}"]


def a_group(*sets: Sequence[str], set_id: str = "850", gs: str | None = None, ge: str | None = None) -> list[str]:
    """GS, the sets, and a GE that is right."""
    gs = gs or GS.replace("*PO*", f"*{dictionary('004010').sets[set_id].functional_id}*")
    return [gs, *(segment for each in sets for segment in each), ge or f"GE*{len(sets)}*7"]


def an_interchange(*groups: Sequence[str], isa: str = ISA, iea: str | None = None) -> list[str]:
    """ISA, the groups, and an IEA that is right."""
    return [isa, *(segment for each in groups for segment in each), iea or f"IEA*{len(groups)}*000000042"]


def joined(segments: Iterable[str], terminator: str = "~") -> bytes:
    """The segments as a file."""
    return "".join(segment + terminator for segment in segments).encode()


def one(set_id: str = "850", body: Sequence[str] | None = None) -> bytes:
    """A file with one set."""
    return joined(an_interchange(a_group(a_set(set_id, body), set_id=set_id)))


def events(data: bytes, limits: Limits = DEFAULT) -> list[Event]:
    """Everything that is read, whole; and, so that no test can forget it, the same in single bytes."""
    whole = list(read([data], limits))
    if len(data) < 5_000:
        assert whole == list(read((data[at : at + 1] for at in range(len(data))), limits))
    return whole


def found(data: bytes, limits: Limits = DEFAULT) -> list[Finding]:
    """All findings but notes."""
    return [each for event in events(data, limits) for each in event.findings if each.severity is not Severity.NOTE]


def codes(data: bytes, limits: Limits = DEFAULT) -> list[tuple[str, str, str | None]]:
    """All findings but notes, as code, path and code of the acknowledgement."""
    return [(each.code, each.path, each.ack_code) for each in found(data, limits)]


def sets(data: bytes, limits: Limits = DEFAULT) -> list[SetRead]:
    return [event for event in events(data, limits) if isinstance(event, SetRead)]


def groups(data: bytes, limits: Limits = DEFAULT) -> list[GroupEnd]:
    return [event for event in events(data, limits) if isinstance(event, GroupEnd)]


def ends(data: bytes, limits: Limits = DEFAULT) -> list[InterchangeEnd]:
    return [event for event in events(data, limits) if isinstance(event, InterchangeEnd)]

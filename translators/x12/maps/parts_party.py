"""Parties with their addresses, contacts and references: N1 loops, PER and REF."""

from collections.abc import Iterable
from dataclasses import dataclass

from canonical.party import Address, Contact, Identifier, Party, Reference

from .code_tables import CHANNELS, CONTACTS, IDENTIFIER_SCHEMES, LOCATIONS, REFERENCES, ROLES
from .compiled_reading import PlaceReaders, read_two_texts
from .compiled_records import writer_where_said
from .compiled_writing import Piece, Site, texts_of
from .forms import TEXT, coded
from .frames import Frame, Remainder
from .loops import Each, each
from .reading import Fields, Place, Reading, head_of
from .records import Field, Group, Pairs, Record
from .tracing import Spot
from .writing import Draft

REFERENCE = Record(
    "REF",
    Reference,
    Field("kind", 1, coded(REFERENCES)),
    Field("value", 2),
    Field("description", 3),
    needed=("kind",),
)

CONTACT = Record(
    "PER",
    Contact,
    Field("function", 1, coded(CONTACTS)),
    Field("name", 2),
    Pairs("channels", 3, 8, ("kind", "value"), coded(CHANNELS)),
    needed=("function",),
)

_CITY = Record(
    "N4",
    Address,
    Field("city", 1),
    Field("region", 2),
    Field("postal_code", 3),
    Field("country", 4),
    Group("location", Identifier, (Field("scheme", 5, coded(LOCATIONS)), Field("value", 6)), ("scheme", "value")),
)


def identifier(name: str, position: int) -> Group:
    """A number and its scheme: elements 66 and 67."""
    parts = (Field("scheme", position, coded(IDENTIFIER_SCHEMES)), Field("value", position + 1))
    return Group(name, Identifier, parts, ("scheme", "value"))


@dataclass(frozen=True, slots=True)
class _Names:
    """N2: further names, two to a segment."""

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        fields["additional_names"] = _two_a_segment(place, "N2", reading)

    def write(self, value: Party, draft: Draft) -> None:
        _put_two_a_segment(value.additional_names, "N2", draft)

    def compile(self, place: PlaceReaders) -> None:
        def names(piece: list[str], party: Frame, rest: Remainder) -> None:
            read_two_texts(piece, party, "additional_names", rest)

        place.says("additional_names", str)
        place.open = True
        place.put("N2", names)

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        """Their places are not told."""

    def pieces(self, site: Site) -> Iterable[Piece]:
        return [Piece("N2", (texts_of("N2", 2),), "additional_names")]


@dataclass(frozen=True, slots=True)
class _Address:
    """N3 and the first N4: one address."""

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        address: Fields = {}
        node = place.first("N4")
        if node is not None:
            address = _CITY.read(head_of(node), reading) or {}
        lines = _two_a_segment(place, "N3", reading)
        if lines:
            address["lines"] = lines
        if address:
            fields["address"] = address

    def write(self, value: Party, draft: Draft) -> None:
        if value.address is None:
            return
        _put_two_a_segment(value.address.lines, "N3", draft)
        if _CITY.says(value.address):
            _CITY.write(value.address, draft.add("N4"))

    def compile(self, place: PlaceReaders) -> None:
        address = place.merged("address", Address, (_CITY,))

        def street(piece: list[str], party: Frame, rest: Remainder) -> None:
            frame = address.frame(party, rest)
            read_two_texts(piece, frame, "lines", rest)
            address.settle(frame, party)

        place.put("N3", street)

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        """Its place is not told."""

    def pieces(self, site: Site) -> Iterable[Piece]:
        street = texts_of("N3", 2)

        def lines(address: Address, texts: list[str], unsure: list[str]) -> None:
            street(address.lines, texts, unsure)

        return [Piece("N3", (lines,), "address"), Piece("N4", (writer_where_said(_CITY),), "address")]


def _two_a_segment(place: Place, node_id: str, reading: Reading) -> list[str]:
    """Texts from elements 01 and 02; a blank 02 counts where another segment follows, so that the layout comes back."""
    texts: list[str] = []
    for node in place.nodes(node_id):
        head = head_of(node)
        reading.take(head, 0b110)
        if len(texts) % 2:
            texts.append("")
        texts.append(head.segment.text(1))
        if head.segment.text(2):
            texts.append(head.segment.text(2))
    return texts


def _put_two_a_segment(texts: tuple[str, ...], node_id: str, draft: Draft) -> None:
    for start in range(0, len(texts), 2):
        segment = draft.add(node_id)
        for position, text in enumerate(texts[start : start + 2], 1):
            segment.put(position, text)


PARTY = Record(
    "N1",
    Party,
    Field("role", 1, coded(ROLES)),
    Field("name", 2, TEXT),
    identifier("identifier", 3),
    needed=("role",),
)

PARTIES: Each = each("parties", PARTY, _Names(), _Address(), each("references", REFERENCE), each("contacts", CONTACT))


def references() -> Each:
    """REF segments of the place."""
    return each("references", REFERENCE)


def contacts() -> Each:
    """PER segments of the place."""
    return each("contacts", CONTACT)

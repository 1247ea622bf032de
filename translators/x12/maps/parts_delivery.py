"""How goods travel and what is on them: FOB with TD5 or CAD, MAN."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from canonical.order import Delivery
from canonical.party import Identifier
from canonical.shipment import Mark

from ..segments import Element
from ..values import CannotWrite
from .code_tables import FREIGHT_TERMS, LOCATIONS, MARKS, MODES
from .compiled_reading import PlaceReaders
from .compiled_records import Unusual, writer_where_said
from .compiled_writing import Piece, Site
from .forms import coded
from .frames import Frame, PieceReader, Remainder, new_frame
from .parts_party import identifier
from .reading import Fields, Place, Reading, head_of
from .record_readers import Readers
from .records import Field, Fixed, Record
from .tracing import Spot
from .writing import Draft

_UNSAID_PLACE = "ZZ"

_TERMS = Record(
    "FOB",
    Delivery,
    Field("freight_terms", 1, coded(FREIGHT_TERMS)),
    Field("freight_location_kind", 2, coded(LOCATIONS), unsaid=_UNSAID_PLACE),
    Field("freight_location", 3),
    fixed=(Fixed(2, _UNSAID_PLACE, beside=3),),
    needed=("freight_terms",),
)

ROUTING = Record(
    "TD5",
    Delivery,
    identifier("carrier", 2),
    Field("mode", 4, coded(MODES)),
    Field("routing", 5),
    Field("service_level", 12),
)


@dataclass(frozen=True, slots=True)
class Scac:
    """A carrier named by its SCAC alone, as CAD04 does."""

    name: str = "carrier"
    position: int = 4

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        inner: Fields = {}
        mask = Field("value", self.position).read(elements, inner)
        if mask:
            fields[self.name] = {"scheme": "scac", **inner}
        return mask

    def text(self, value: Identifier) -> str:
        if value.scheme != "scac":
            raise Unusual
        return value.value

    def write(self, value: Identifier, draft: Draft) -> None:
        if value.scheme != "scac":
            raise CannotWrite(f"{draft.id} names the carrier by its SCAC, not by {value.scheme}. Give its SCAC.")
        draft.put(self.position, value.value)


MARK = Record(
    "MAN", Mark, Field("kind", 1, coded(MARKS)), Field("value", 2), Field("until", 3), needed=("kind", "value")
)

CARRIER_DETAIL = Record("CAD", Delivery, Field("mode", 1, coded(MODES)), Scac(), Field("routing", 5))


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The first FOB with the first routing segment make the first delivery, the second the second, and so on."""

    routing: Record = ROUTING

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        found: list[Fields] = []
        for record in (_TERMS, self.routing):
            index = 0
            for node in place.nodes(record.id):
                part = record.read(head_of(node), reading)
                if part is None:
                    continue
                if index == len(found):
                    found.append({})
                    reading.origin(f"{at}deliveries.{index}", head_of(node))
                found[index].update(part)
                index += 1
        fields["deliveries"] = found

    def write(self, value: Any, draft: Draft) -> None:
        for delivery in value.deliveries:
            for record in (_TERMS, self.routing):
                if record.says(delivery):
                    record.write(delivery, draft.add(record.id))

    def compile(self, place: PlaceReaders) -> None:
        place.says("deliveries", Delivery)
        for record in (_TERMS, self.routing):
            readers = place.reader(record)
            if readers is not None:
                place.put(record.id, self._reading(readers))

    def _reading(self, readers: Readers) -> PieceReader:
        """Reads a segment into the first delivery that has none of its kind."""

        def read(piece: list[str], parent: Frame, rest: Remainder) -> None:
            begun: list[Frame] = rest.kept.setdefault((id(parent[0]), id(self)), [])
            index = rest.kept.get((id(parent[0]), id(readers)), 0)
            frame = begun[index] if index < len(begun) else new_frame(Delivery)
            if readers[len(piece)](piece, frame, rest) is None:
                return
            rest.kept[id(parent[0]), id(readers)] = index + 1
            if index == len(begun):
                begun.append(frame)
                rest.add(parent[0], "deliveries", frame[1])

        return read

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        for index, delivery in enumerate(spot.fields["deliveries"]):
            began = _TERMS if "freight_terms" in delivery.model_fields_set else self.routing
            places[f"{spot.at}deliveries.{index}"] = f"{spot.path}{began.id}[{index + 1}]"

    def pieces(self, site: Site) -> Iterable[Piece]:
        for record in (_TERMS, self.routing):
            yield Piece(record.id, (writer_where_said(record),), "deliveries", each=True)

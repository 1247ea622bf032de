"""Transaction sets to read: from their segments' text, and random ones that follow the schema but not its relational notes.

Ignoring the notes makes the random sets harder than valid ones: pairs come without their other half, units without numbers.
"""

import random

from translators.x12.body import Body
from translators.x12.events import SetRead
from translators.x12.maps import code_tables, codes_application, codes_payment, codes_warehouse
from translators.x12.maps.codes import Codes
from translators.x12.places import named
from translators.x12.reader import read
from translators.x12.schema import (
    CompositeDef,
    ElementDef,
    LoopPlace,
    Place,
    SegmentDef,
    Use,
    dictionary,
    functional_id,
)
from translators.x12.segments import (
    Element,
    LoopNode,
    Node,
    Repeated,
    Segment,
    SegmentNode,
    Single,
    TransactionSet,
    occurrences,
)
from translators.x12.structure import ROOT, plan

VERSION = "004010"
_ISA = "ISA*00*          *00*          *ZZ*RIVERMILL      *ZZ*TALLYSTICK     *260914*0815*U*00401*000000001*0*T*>~"
_NAMED: dict[str, list[str]] = {}
for _module in (code_tables, codes_application, codes_payment, codes_warehouse):
    for _table in vars(_module).values():
        if isinstance(_table, Codes):
            _NAMED.setdefault(_table.element, []).extend(_table.names)


def tree(set_id: str, segments: str, version: str = VERSION) -> TransactionSet:
    """A set from its segments, one a line, without ST and SE, as the engine reads it."""
    lines = [line.strip() for line in segments.strip().splitlines()]
    body = "~".join([f"ST*{set_id}*0001", *lines, f"SE*{len(lines) + 2}*0001"])
    group = f"GS*{functional_id(set_id)}*RIVERMILL*TALLYSTICK*20260914*0815*1*X*{version}"
    text = f"{_ISA}{group}~{body}~GE*1*1~IEA*1*000000001~"
    sets = [event for event in read([text.encode()]) if isinstance(event, SetRead)]
    assert len(sets) == 1
    assert sets[0].tree is not None
    return sets[0].tree


def written(set_id: str, nodes: list[Node], version: str = VERSION) -> TransactionSet:
    """What a map wrote, as a set to be read again."""
    return TransactionSet(set_id, version, nodes)


def _shown(element: Element) -> str:
    return "^".join(one if isinstance(one, str) else ">".join(one) for one in occurrences(element))


def lines(found: TransactionSet) -> list[str]:
    """The set's segments as text, each with its path."""
    return [f"{path} {'*'.join(map(_shown, (segment.tag, *segment.elements)))}" for path, segment in found.walk()]


def random_tree(set_id: str, seed: int, version: str = VERSION) -> TransactionSet:
    """A set with every mandatory segment and some of the others."""
    made = _Maker(random.Random(seed), version)
    found = TransactionSet(set_id, version, made.children(dictionary(version).sets[set_id].structure))
    link_levels(found, made.chance)
    return found


def link_levels(found: TransactionSet, chance: random.Random) -> None:
    """Give HL segments numbers, parents that came before, and sometimes a code that says whether there are children."""
    loops = [node for node in found.children if isinstance(node, LoopNode) and node.id == "HL"]
    numbers = [str(3 * index + 1) for index in range(len(loops))]
    for index, loop in enumerate(loops):
        parent = chance.choice(["", *numbers[:index]])
        elements = (numbers[index], parent, loop.head.text(3), chance.choice(["", "0", "1"]))
        kept = elements if elements[3] else elements[:3]
        loop.children[0] = SegmentNode("HL", Segment("HL", kept, loop.head.index))


class _Maker:
    def __init__(self, chance: random.Random, version: str) -> None:
        self.chance = chance
        self.segments = dictionary(version).segments
        self.elements_given = chance.choice([0.05, 0.3, 0.6, 0.95])
        self.places_given = chance.choice([0.03, 0.1, 0.2])
        self.index = 1

    def children(self, places: tuple[Place, ...]) -> list[Node]:
        nodes: list[Node] = []
        for name, place in named(places):
            if place.tag in ("ST", "SE"):
                continue
            for _ in range(self._times(place)):
                segment = self._segment(self.segments[place.tag])
                if isinstance(place, LoopPlace):
                    head = SegmentNode(place.tag, segment)
                    nodes.append(LoopNode(name, [head, *self.children(place.children[1:])]))
                else:
                    nodes.append(SegmentNode(name, segment))
        return nodes

    def _times(self, place: Place) -> int:
        times = 1 if place.required else 0
        if place.tag in ("HL", "AK2", "AK3", "IK3") or self.chance.random() < self.places_given:
            times = self.chance.randint(1, 3)
        return min(times, place.limit) if place.limit else times

    def _segment(self, definition: SegmentDef) -> Segment:
        elements: list[Element] = []
        for use in definition.uses:
            if not use.required and self.chance.random() >= self.elements_given:
                elements.append("")
            elif use.repeat == 1 or self.chance.random() < 0.3:
                elements.append(self._single(use))
            else:
                elements.append(Repeated((self._single(use), self._single(use))))
        while elements and not elements[-1]:
            elements.pop()
        self.index += 1
        return Segment(definition.tag, tuple(elements), self.index)

    def _single(self, use: Use) -> Single:
        definition = use.definition
        return self._composite(definition) if isinstance(definition, CompositeDef) else self._value(definition)

    def _composite(self, definition: CompositeDef) -> tuple[str, ...]:
        parts: list[str] = []
        for use in definition.uses[: self.chance.choice([1, 1, 2, 3])]:
            assert isinstance(use.definition, ElementDef)
            parts.append(self._value(use.definition) if use.required or self.chance.random() < 0.6 else "")
        while parts and not parts[-1]:
            parts.pop()
        return tuple(parts)

    def _value(self, element: ElementDef) -> str:
        chance = self.chance
        if element.codes:
            named = [code for code in _NAMED.get(element.number, ()) if code in element.codes]
            return chance.choice(named if named and chance.random() < 0.7 else sorted(element.codes))
        if element.type == "DT":
            return f"{chance.randint(1990, 2030)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
        if element.type == "TM":
            tail = chance.choice(["", "00", "0000", f"{chance.randint(0, 59):02}", "3050", "055"])
            return f"{chance.randint(0, 23):02}{chance.randint(0, 59):02}{tail}"
        if element.type == "R":
            return chance.choice(["", "-"]) + chance.choice(["1.50", "007", "0", ".5", "0.05", "12", "3.14159", "5."])
        if element.type[0] == "N":
            return chance.choice(["007", "0", "12", "100", "-5", "99"])
        size = chance.randint(max(element.minimum, 1), min(element.maximum or 20, 20))
        return "".join(chance.choice("ABCxyz019-/") for _ in range(size))


def body_of(found: TransactionSet) -> Body:
    """The set as the validator hands it on: split segments, where that says all there is to say."""
    compiled = plan(dictionary(found.version), found.set_id)
    assert compiled is not None
    body = Body(found.set_id, found.version, compiled)
    _put_into(body, found.children, ROOT)
    return body


def _put_into(body: Body, nodes: list[Node], parent: int) -> None:
    places = {body.plan.nodes[index].id: index for index in body.plan.siblings(parent)}
    for node in nodes:
        index = places[node.id]
        head = node if isinstance(node, SegmentNode) else node.children[0]
        assert isinstance(head, SegmentNode)
        texts = [_plain(element) for element in head.segment.elements]
        if None in texts:
            body.add(body.plan.step_to(index), head.segment)
        else:
            body.steps.append(body.plan.step_to(index))
            body.pieces.append([head.segment.tag, *(text or "" for text in texts)])
        if isinstance(node, LoopNode):
            _put_into(body, node.children[1:], index)


def _plain(element: Element) -> str | None:
    if isinstance(element, str):
        return element
    return element[0] if isinstance(element, tuple) and len(element) == 1 and element[0] else None

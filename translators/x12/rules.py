"""A partner's rules judged on a transaction set, after its syntax: what changes forbid beyond the standard, and checks.

Everything is found in one walk over the tree. A set that is unsound as X12 is judged by what it holds only, element by element
where the standard has found nothing: what seems to be missing from it may merely not have been understood.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from canonical.finding import Finding, Severity
from canonical.functional_acknowledgement import SyntaxStatus

from .elements import place as shown
from .events import SetRead
from .findings import Code, finding
from .overlay import Check, Condition, Rule
from .places import Ids, PlaceName, below, inside, segment_in, value_at
from .rule_book import ElementRule, RuleBook
from .schema import UNBOUNDED
from .segments import Node, Segment, TransactionSet

MOST = 1_000
"""Findings of a set that are told; more would not be read."""
LONGEST_MATCHED = 500
"""Characters that a regular expression is tried on; a longer value does not match."""
_SHOWN = 12
_Faulty = set[tuple[int | None, int | None, int | None]]
"""Elements in which the standard found a fault: segment, position, component."""
_SEGMENTS_IN_ERROR = "5"
"""AK502."""


def violation(
    rule: Rule,
    fact: str,
    *,
    path: str = "",
    segment: Segment | None = None,
    tag: str | None = None,
    index: int | None = None,
    element: int | None = None,
    component: int | None = None,
    value: str | None = None,
    ack: str | None = None,
) -> Finding:
    """What is told of a broken rule: its name, the partner's own message and the ``fact``; it weighs what the rule says."""
    message = " ".join(part for part in (f"Rule {rule.name}:", rule.message, fact) if part)
    found = finding(
        Code.PARTNER_RULE,
        message,
        path=path,
        segment=segment.tag if segment else tag,
        segment_index=(segment.index if segment else index) or None,
        element=element,
        component=component,
        value=value or None,
        offset=segment.offset if segment else None,
    )
    ack_code = None if rule.severity is Severity.NOTE else ack
    return found.model_copy(update={"severity": rule.severity, "rule": rule.name, "ack_code": ack_code})


def judged(read: SetRead, book: RuleBook) -> SetRead:
    """The set with what is against its partner's rules, and the verdict that follows (AK501, AK502)."""
    findings = _findings(read, book)
    if not findings:
        return read
    status, codes = read.status, read.codes
    rejected = any(found.is_error for found in findings)
    if rejected or any(found.ack_code for found in findings):
        codes = codes if _SEGMENTS_IN_ERROR in codes else (*codes, _SEGMENTS_IN_ERROR)
        status = SyntaxStatus.ACCEPTED_WITH_ERRORS if status is SyntaxStatus.ACCEPTED else status
    by_rules = rejected and status is not SyntaxStatus.REJECTED
    status = SyntaxStatus.REJECTED if rejected else status
    return replace(read, findings=(*read.findings, *findings), status=status, codes=codes, by_rules=by_rules)


def _findings(read: SetRead, book: RuleBook) -> Sequence[Finding]:
    """In the order of the set, as many as are worth telling."""
    if read.tree is None:
        return ()
    sound = read.status is not SyntaxStatus.REJECTED
    faulty: _Faulty = {(each.segment_index, each.element, each.component) for each in read.findings if each.element}
    walk = _Walk(read.tree, book, faulty, sound)
    found = sorted(islice(walk.findings(), MOST + 1), key=lambda each: each.segment_index or 0)
    if len(found) > MOST:
        message = f"The partner's rules find more than {MOST} faults in this transaction set; the rest is not shown."
        found[MOST:] = [finding(Code.TOO_MANY_FINDINGS, message)]
    return found


@dataclass(frozen=True, slots=True)
class _Spot:
    """A node and the nodes around it, outermost first, each with its path. The set itself has none."""

    ids: Ids
    chain: tuple[tuple[str, Node], ...]

    @property
    def path(self) -> str:
        return self.chain[-1][0] if self.chain else ""

    @property
    def node(self) -> Node:
        return self.chain[-1][1]

    def towards(self, ids: Ids) -> "_Spot":
        """The innermost node around both this one and the place ``ids``; this one where the place is in it, or is it."""
        shared = 0
        while shared < min(len(ids), len(self.ids)) and ids[shared] == self.ids[shared]:
            shared += 1
        return _Spot(self.ids[:shared], self.chain[:shared])

    def down(self, path: str, node: Node) -> "_Spot":
        return _Spot((*self.ids, node.id), (*self.chain, (path, node)))


@dataclass(frozen=True, slots=True)
class _Value:
    """An element that is there."""

    path: str
    segment: Segment
    place: PlaceName
    text: str

    @property
    def shown(self) -> str:
        return shown(self.segment.tag, *_around(self.place))


def _around(place: PlaceName) -> tuple[int, int | None]:
    """Position and surrounding element as :func:`.elements.place` wants them."""
    assert place.element is not None
    return (place.element, None) if place.component is None else (place.component, place.element)


class _Walk:
    """One pass over a tree."""

    def __init__(
        self,
        tree: TransactionSet,
        book: RuleBook,
        faulty: _Faulty,
        sound: bool,
    ) -> None:
        self._tree = tree
        self._book = book
        self._faulty = faulty
        self._sound = sound

    def findings(self) -> Iterator[Finding]:
        yield from self._at(_Spot((), ()))

    def _at(self, spot: _Spot) -> Iterator[Finding]:
        if spot.chain:
            yield from self._elements(spot)
        yield from self._places(spot)
        for check in self._book.checks_at(spot.ids) if self._sound else ():
            yield from self._check(check, spot)
        for path, node in self._children(spot):
            if self._book.leads_to_rules((*spot.ids, node.id)):
                yield from self._at(spot.down(path, node))

    def _children(self, spot: _Spot) -> Iterable[tuple[str, Node]]:
        if not spot.chain:
            return below(self._tree.children)
        return below(inside(spot.node), f"{spot.path}/")

    # Changes

    def _elements(self, spot: _Spot) -> Iterator[Finding]:
        segment = segment_in(spot.node)
        for each in self._book.elements_at(spot.ids):
            if (segment.index, each.position, each.component) in self._faulty:
                continue
            if each.component is not None and not segment.text(each.position) and not segment.components(each.position):
                continue
            found = _element_fault(each, value_at(segment, each.position, each.component), segment.tag)
            if found is not None:
                fact, ack = found
                yield violation(
                    each.rule,
                    fact,
                    path=_element_path(spot.path, each.position, each.component),
                    segment=segment,
                    element=each.position,
                    component=each.component,
                    value=value_at(segment, each.position, each.component),
                    ack=f"AK403:{ack}",
                )

    def _places(self, spot: _Spot) -> Iterator[Finding]:
        rules = self._book.places_in(spot.ids)
        if not rules:
            return
        found = list(self._children(spot))
        for each in rules:
            mine = [(path, node) for path, node in found if node.id == each.id]
            what = f"The loop {each.id}" if each.loop else f"The segment {each.id}"
            if each.forbidden:
                for path, node in mine:
                    fact = f"{what} must not be sent."
                    yield violation(each.rule, fact, path=path, segment=segment_in(node), ack="AK304:2")
            elif each.required and not mine and self._sound:
                yield self._missing(each.rule, spot, PlaceName((*spot.ids, each.id)), f"{what} is missing.")
            elif each.limit != UNBOUNDED and len(mine) > each.limit:
                path, node = mine[each.limit]
                times = "once" if each.limit == 1 else f"{each.limit} times"
                fact = f"{what} may stand {times} here, but stands {len(mine)} times."
                ack = "AK304:4" if each.loop else "AK304:5"
                yield violation(each.rule, fact, path=path, segment=segment_in(node), ack=ack)

    def _missing(self, rule: Rule, spot: _Spot, place: PlaceName, fact: str) -> Finding:
        """A segment or loop that should be there, told at the segment before which it must come."""
        spot = spot.towards(place.ids)
        path = "/".join(part for part in (spot.path, *place.ids[len(spot.ids) :]) if part)
        tag = place.ids[-1].partition("#")[0]
        return violation(rule, fact, path=path, tag=tag, index=self._index_for(spot, place.ids), ack="AK304:3")

    def _index_for(self, spot: _Spot, ids: Ids) -> int:
        """Where in the set a segment of this place would stand (AK302)."""
        last = segment_in(spot.node).index if spot.chain else 1
        for _, node in self._children(spot):
            if self._book.comes_before(ids[: len(spot.ids) + 1], (*spot.ids, node.id)):
                break
            last = _last_index(node)
        return last + 1

    # Checks

    def _check(self, check: Check, spot: _Spot) -> Iterator[Finding]:
        if all(self._holds(premise, spot) for premise in check.when):
            for demand in check.must:
                yield from self._demand(check, demand, spot)

    def _holds(self, condition: Condition, spot: _Spot) -> bool:
        """Whether a premise is true: something that is there is so."""
        if condition.any_of:
            return any(self._holds(each, spot) for each in condition.any_of)
        if condition.present is not None:
            return any(True for _ in self._found(condition.present, condition, spot))
        if condition.absent is not None:
            return not any(True for _ in self._found(condition.absent, condition, spot))
        assert condition.at is not None
        return any(self._fits(condition, value, spot) for value in self._values(condition.at, spot))

    def _demand(self, check: Check, demand: Condition, spot: _Spot) -> Iterator[Finding]:
        """What is told where a demand is not met."""
        if demand.any_of:
            if not self._holds(demand, spot):
                yield self._unmet(check, spot)
        elif demand.present is not None:
            if not any(True for _ in self._found(demand.present, demand, spot)):
                yield self._absent(check, demand.present, demand, spot)
        elif demand.absent is not None:
            for path, segment in self._found(demand.absent, demand, spot):
                yield _surplus(check, demand.absent, path, segment)
        else:
            assert demand.at is not None
            for value in self._values(demand.at, spot):
                if not self._fits(demand, value, spot):
                    yield self._unfit(check, demand, value, spot)

    def _nodes(self, ids: Ids, spot: _Spot) -> Iterator[tuple[str, Node]]:
        """Every occurrence of a place within the spot, or, for a place outside it, within what both are in."""
        around = spot.towards(ids)
        if around.ids == ids:
            yield around.chain[-1]
        else:
            yield from _descend(self._children(around), ids[len(around.ids) :])

    def _found(self, place: PlaceName, condition: Condition, spot: _Spot) -> Iterator[tuple[str, Segment]]:
        """Occurrences of a place that are as ``where`` says, or that have the element."""
        for path, node in self._nodes(place.ids, spot):
            segment = segment_in(node)
            if place.element is not None and not value_at(segment, place.element, place.component):
                continue
            if all(segment.text(int(position)) in values for position, values in condition.where):
                yield path, segment

    def _values(self, place: PlaceName, spot: _Spot) -> Iterator[_Value]:
        assert place.element is not None
        for path, node in self._nodes(place.ids, spot):
            segment = segment_in(node)
            text = value_at(segment, place.element, place.component)
            if text:
                yield _Value(path, segment, place, text)

    def _fits(self, condition: Condition, value: _Value, spot: _Spot) -> bool:
        if condition.one_of is not None:
            return value.text in condition.one_of
        if condition.none_of is not None:
            return value.text not in condition.none_of
        if condition.matches is not None:
            fitting = len(value.text) <= LONGEST_MATCHED and re.fullmatch(condition.matches, value.text)
            return bool(fitting)
        other = condition.same_as or condition.differs_from
        assert other is not None
        same = value.text in [each.text for each in self._values(other, spot)]
        return same == (condition.same_as is not None)

    def _absent(self, check: Check, place: PlaceName, demand: Condition, spot: _Spot) -> Finding:
        where = "".join(f" with {position} = {' or '.join(values)}" for position, values in demand.where)
        if place.element is None:
            return self._missing(check, spot, place, f"{place}{where} is missing.")
        path, node = next(iter(self._nodes(place.ids, spot)), (spot.path, None))
        if node is None:
            return self._missing(check, spot, place.segment, f"{place} is missing.")
        segment = segment_in(node)
        return violation(
            check,
            f"{shown(segment.tag, *_around(place))} is missing.",
            path=_element_path(path, place.element, place.component),
            segment=segment,
            element=place.element,
            component=place.component,
            ack="AK403:2" if check.when else "AK403:1",
        )

    def _unmet(self, check: Check, spot: _Spot) -> Finding:
        segment = segment_in(spot.node) if spot.chain else None
        return violation(check, "", path=spot.path, segment=segment)

    def _unfit(self, check: Check, demand: Condition, value: _Value, spot: _Spot) -> Finding:
        fact, ack = f"{value.shown} is {value.text!r}.", None
        if demand.one_of is not None:
            fact, ack = f"{value.shown} is {value.text!r}; agreed is {_listed(demand.one_of)}.", "AK403:7"
        elif demand.none_of is not None:
            ack = "AK403:7"
        elif demand.same_as is not None:
            others = [each.text for each in self._values(demand.same_as, spot)]
            fact = f"{value.shown} is {value.text!r}, but {demand.same_as} is {_listed(others) or 'missing'}."
        elif demand.differs_from is not None:
            fact = f"{value.shown} is {value.text!r}, and so is {demand.differs_from}."
        return violation(
            check,
            fact,
            path=_element_path(value.path, value.place.element, value.place.component),
            segment=value.segment,
            element=value.place.element,
            component=value.place.component,
            value=value.text,
            ack=ack,
        )


def _descend(nodes: Iterable[tuple[str, Node]], ids: Ids) -> Iterator[tuple[str, Node]]:
    for path, node in nodes:
        if node.id == ids[0]:
            if len(ids) == 1:
                yield path, node
            else:
                yield from _descend(below(inside(node), f"{path}/"), ids[1:])


def _last_index(node: Node) -> int:
    rest = inside(node)
    return _last_index(rest[-1]) if rest else segment_in(node).index


def _element_path(path: str, element: int | None, component: int | None) -> str:
    return f"{path}/{element:02}" + (f"-{component}" if component else "")


def _element_fault(rule: ElementRule, text: str, tag: str) -> tuple[str, str] | None:
    """The first thing that is against a change, and the code of AK403."""
    name = shown(tag, *_around(PlaceName((), rule.position, rule.component)))
    if not text:
        return (f"{name} is missing.", "1") if rule.required else None
    value = text if len(text) <= 40 else text[:40] + "..."
    length = sum(character.isdigit() for character in text) if rule.numeric else len(text)
    if rule.forbidden:
        return f"{name} is {value!r}, but must not be sent.", "10"
    if rule.minimum is not None and length < rule.minimum:
        return f"{name} is {value!r} ({length} characters); agreed are at least {rule.minimum}.", "4"
    if rule.maximum is not None and length > rule.maximum:
        return f"{name} is {value!r} ({length} characters); agreed are at most {rule.maximum}.", "5"
    if rule.only and text not in rule.only:
        return f"{name} is {value!r}; agreed is {_listed(sorted(rule.only))}.", "7"
    if text in rule.removed:
        return f"{name} is {value!r}, which is not agreed.", "7"
    return None


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values[:_SHOWN]) + (", ..." if len(values) > _SHOWN else "")


def _surplus(check: Check, place: PlaceName, path: str, segment: Segment) -> Finding:
    if place.element is None:
        return violation(check, f"{place} must not be sent here.", path=path, segment=segment, ack="AK304:2")
    return violation(
        check,
        f"{shown(segment.tag, *_around(place))} must not be sent here.",
        path=_element_path(path, place.element, place.component),
        segment=segment,
        element=place.element,
        component=place.component,
        value=value_at(segment, place.element, place.component),
        ack="AK403:10",
    )

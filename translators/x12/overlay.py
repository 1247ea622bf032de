"""What one partner agreed to beyond the standard, as its profile says it, in YAML under ``rules:``.

    rules:
      - set: 855
        direction: receive
        changes:
          - {name: units, at: PO1/03, codes: {only: [EA, CA]}, message: "We order in EA and CA only."}
          - {name: long-references, at: REF/02, length: {max: 50}}
          - {name: no-notes, at: N9, use: forbidden, severity: warning}
        checks:
          - name: vendor-number
            must: {present: REF, where: {01: IA}}
            message: Send our vendor number as REF*IA.
          - {name: price, compare: price, tolerance: 2 %, message: "Prices are those of the order."}

A **change** is about one place of the set, or one element wherever it is used. A **check** is about what the set says: ``must``
is demanded once, or ``each`` time a segment or loop occurs, always or only ``when`` something is so; ``compare`` holds lines
against the order. What a change allows beyond the standard widens the tables that a file is read by (:func:`apply`); what it
forbids beyond the standard, and every check, is a rule judged afterwards (:mod:`.rules`). So nothing that one rule refuses is
allowed by another.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from canonical.base import Value
from canonical.finding import Severity

from .places import Ids, PlaceName, definition_at, named, parse_place, uses_of
from .schema import (
    UNBOUNDED,
    CompositeDef,
    Dictionary,
    ElementDef,
    LoopPlace,
    Place,
    SegmentDef,
    SegmentPlace,
    Use,
)

UNLIMITED = "unlimited"
_LONGEST_PATTERN = 200


def fault(message: str, hint: str = "", key: tuple[str | int, ...] = ()) -> PydanticCustomError:
    """A mistake in what somebody declared, in the form that profiles are explained in: what to do, and where from here."""
    return PydanticCustomError("overlay", "{message}", {"message": message, "hint": hint, "key": key})


def _text(value: object) -> object:
    """YAML gives plain whole numbers as such; codes and numbers of sets and elements are text."""
    return str(value) if isinstance(value, int) else value


def _several(value: object) -> object:
    """One thing is short for a list of one."""
    return value if isinstance(value, list | tuple) else (value,)


def _matches(pattern: str, message: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise fault(f'"{value[:40]}" {message}')
        return value

    return AfterValidator(check)


def _place(value: object) -> PlaceName:
    if isinstance(value, PlaceName):
        return value
    try:
        return parse_place(str(_text(value)))
    except ValueError:
        raise fault(
            f'"{str(value)[:40]}" is not a place.',
            "Write it as findings do, without numbers of occurrences: REF, PO1/REF, PO1/REF/02 or PO1/MEA/04-1.",
        ) from None


def _tolerance(value: object) -> Decimal:
    text = str(value).replace("%", "").strip()
    try:
        percent = Decimal(text)
    except InvalidOperation:
        percent = Decimal(-1)
    if not 0 <= percent <= 1000:
        raise fault(f'"{str(value)[:40]}" is not a tolerance.', "Write percent, such as 2 % or 0.5 %.")
    return percent


def _limit(value: object) -> object:
    if value == UNLIMITED:
        return UNBOUNDED
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise fault(f'"{str(value)[:40]}" is no number of times.', f"Write 1 or more, or {UNLIMITED}.")
    return value


_ESCAPED = re.compile(r"\\.")
_CHARACTER_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_OPEN_END = re.compile(r"[*+]|\{\d*,\}")
_MOST_OPEN_ENDS = 2


def _pattern(value: str) -> str:
    if len(value) > _LONGEST_PATTERN:
        raise fault(f"is longer than {_LONGEST_PATTERN} characters.", "Divide it into several rules.")
    try:
        re.compile(value)
    except re.error as error:
        raise fault(f'"{value[:40]}" is not a regular expression: {error}.') from error
    # What may be tried in very many ways could take hours over one element, and hold up everybody's files.
    bare = _CHARACTER_CLASS.sub("x", _ESCAPED.sub("x", value))
    if _REPEATED_GROUP.search(bare) or len(_OPEN_END.findall(bare)) > _MOST_OPEN_ENDS:
        raise fault(
            f'"{value[:40]}" repeats a group, or has more than {_MOST_OPEN_ENDS} repeats without an end (*, +): it could take too long.',
            "Say how often at the most, such as [0-9]{1,10}, and write groups out.",
        )
    return value


Text = Annotated[str, BeforeValidator(_text), _matches(r"[^\x00-\x1f\x7f]{1,80}", "is not a value of an element.")]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_several), Field(min_length=1)]
At = Annotated[PlaceName, PlainValidator(_place)]
Pattern = Annotated[str, BeforeValidator(_text), AfterValidator(_pattern)]
Name = Annotated[
    str,
    BeforeValidator(_text),
    _matches(
        r"[a-z0-9][a-z0-9-]{0,39}", "is not a name of a rule (lower-case letters, digits and hyphens, at most 40)."
    ),
]
Message = Annotated[
    str, BeforeValidator(_text), _matches(r"(?=.*\S)[^\x00-\x1f\x7f]{1,400}", "is not one line of 1 to 400 characters.")
]
Position = Annotated[str, BeforeValidator(_text), _matches(r"0[1-9]|[1-9][0-9]", "is not an element (01 to 99).")]


class _Declared(Value):
    """A section in which an unknown key is told together with what was probably meant."""

    @model_validator(mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in value if isinstance(value, dict) else ():
            if key not in known:
                close = difflib.get_close_matches(str(key).lower(), known, n=1)
                hint = f'Did you mean "{close[0]}"?' if close else f"Known here: {', '.join(known)}."
                raise fault("is not a known key.", hint, (key,))
            if value[key] is None:
                raise fault("has no value.", "Write one, or remove the key.", (key,))
        return value


class Direction(StrEnum):
    """Which way a set goes, seen from us."""

    SEND = "send"
    RECEIVE = "receive"


class Usage(StrEnum):
    """Whether something must, may or must not be there."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"


class Codes(_Declared):
    """``add`` and ``remove`` change the standard's list; ``only`` is a list in its place."""

    add: Texts = ()
    remove: Texts = ()
    only: Texts = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.only) == bool(self.add or self.remove):
            raise fault("give either only, or add and remove.")
        return self


class Length(_Declared):
    """In characters; of numbers, in digits. What is not given stays as the standard has it."""

    min: int | None = Field(None, ge=1)
    max: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.min is None and self.max is None:
            raise fault("give min, max or both.")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise fault("min is larger than max.", key=("min",))
        return self


class Rule(_Declared):
    """``message`` is the partner's own; ``severity`` error rejects the set."""

    name: Name
    severity: Severity = Severity.ERROR
    message: Message | None = None


class Change(Rule):
    """What is other than in the standard, ``at`` a place or for an ``element`` (its number, ``355``) wherever it is used.

    ``codes`` and ``length`` are for elements, ``max`` (maximum use, of a loop its repeat) for segments and loops.
    """

    at: At | None = None
    element: Text | None = None
    codes: Codes | None = None
    length: Length | None = None
    use: Usage | None = None
    max: Annotated[int | None, BeforeValidator(_limit)] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.at is None) == (self.element is None):
            raise fault("give either at (a place) or element (a number).")
        if (self.codes, self.length, self.use, self.max) == (None,) * 4:
            raise fault("changes nothing.", "Give codes, length, use or max.")
        if not self.of_element:
            for key in ("codes", "length"):
                if getattr(self, key) is not None:
                    raise fault(
                        "is for elements, but this place is a segment or loop.", "Add the element: /03.", (key,)
                    )
        elif self.max is not None:
            raise fault("is for segments and loops, but this is an element.", key=("max",))
        if self.use is Usage.FORBIDDEN and (self.codes, self.length, self.max) != (None,) * 3:
            raise fault("what is forbidden has no codes, length or max.", key=("use",))
        return self

    @property
    def of_element(self) -> bool:
        return self.at is None or self.at.element is not None

    def selects(self, ids: Ids, position: int, component: int | None, use: Use) -> bool:
        """Whether it is about this element of the segment at ``ids``."""
        if self.at is None:
            return isinstance(use.definition, ElementDef) and use.definition.number == self.element
        return (self.at.ids, self.at.element, self.at.component) == (ids, position, component)


class Condition(_Declared):
    """One thing that is so or not; exactly one of its kinds is given.

    ``present``, ``absent``: a segment or loop (``where`` elements of its segment have one of the given values), or an element.
    ``at`` with ``one_of``, ``none_of``, ``matches`` (a regular expression for the whole), ``same_as`` or ``differs_from``
    (another place): what an element is. ``any_of``: at least one of several.

    Demanded, every element ``at`` the place that is there must be so. As a premise it is enough that one is there and is so.
    """

    present: At | None = None
    absent: At | None = None
    where: tuple[tuple[Position, Texts], ...] = ()
    at: At | None = None
    one_of: Texts | None = None
    none_of: Texts | None = None
    matches: Pattern | None = None
    same_as: At | None = None
    differs_from: At | None = None
    any_of: "tuple[Condition, ...]" = ()

    @model_validator(mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("where"), dict):
            return {**value, "where": tuple(value["where"].items())}
        return value

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [key for key in ("present", "absent", "at", "any_of") if getattr(self, key)]
        if len(kinds) != 1:
            raise fault("give exactly one of present, absent, at and any_of.")
        if self.where and kinds[0] not in ("present", "absent"):
            raise fault("belongs to present or absent.", key=("where",))
        tests = [key for key in ("one_of", "none_of", "matches", "same_as", "differs_from") if getattr(self, key)]
        if (kinds[0] == "at") != (len(tests) == 1) or len(tests) > 1:
            raise fault("give with at, and only with it, one of one_of, none_of, matches, same_as and differs_from.")
        return self


Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_several)]


class Check(Rule):
    """``must`` is demanded ``each`` time a place occurs, or once in the set, ``when`` every premise holds. In its place,
    ``compare`` holds lines against the order's: a price may differ, and a quantity be above, by ``tolerance`` (percent).
    """

    each: At | None = None
    when: Conditions = ()
    must: Conditions = ()
    compare: Literal["price", "quantity"] | None = None
    tolerance: Annotated[Decimal, BeforeValidator(_tolerance)] = Decimal(0)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.must) == (self.compare is not None):
            raise fault("give either must or compare.")
        if self.compare is not None and (self.each, self.when) != (None, ()):
            raise fault("compares every line; remove each and when.", key=("compare",))
        if self.compare is None and "tolerance" in self.model_fields_set:
            raise fault("belongs to compare.", key=("tolerance",))
        if self.message is None:
            raise fault("is missing.", "Say what the other side should do, as it shall read it.", ("message",))
        return self


class Overlay(_Declared):
    """Rules for one transaction set; ``direction`` both and every ``version`` (the beginning of GS08) where not given."""

    set_id: Text = Field(alias="set")
    direction: Direction | None = None
    version: (
        Annotated[Text, _matches(r"[0-9]{6}[0-9A-Z]{0,6}", 'is not a version (six digits, e.g. "004010").')] | None
    ) = None
    changes: tuple[Change, ...] = ()
    checks: tuple[Check, ...] = ()

    def is_for(self, version: str) -> bool:
        """Whether sets of this GS08 are meant."""
        return version.startswith(self.version or "")


@lru_cache(maxsize=256)
def apply(dictionary: Dictionary, overlay: Overlay) -> Dictionary:
    """``dictionary`` with what the overlay allows beyond it; itself where that is nothing. Compiled once while in use."""
    schema = dictionary.sets.get(overlay.set_id)
    if schema is None or not overlay.changes:
        return dictionary
    structure = _widened(schema.structure, (), dictionary, overlay.changes)
    if structure == schema.structure:
        return dictionary
    return replace(dictionary, sets=dictionary.sets | {overlay.set_id: replace(schema, structure=structure)})


def _widened(
    places: tuple[Place, ...], around: Ids, dictionary: Dictionary, changes: Iterable[Change]
) -> tuple[Place, ...]:
    made: list[Place] = []
    for position, (name, place) in enumerate(named(places)):
        ids = around if around and position == 0 else (*around, name)
        if isinstance(place, LoopPlace):
            place = replace(place, children=_widened(place.children, ids, dictionary, changes))
        else:
            place = _with_elements(place, ids, dictionary, changes)
        made.append(place if ids == around else _with_room(place, ids, changes))
    return tuple(made)


def _with_room(place: Place, ids: Ids, changes: Iterable[Change]) -> Place:
    """The place, optional or more often where a change says so."""
    for change in changes:
        if change.of_element or change.at is None or change.at.ids != ids:
            continue
        if change.use in (Usage.OPTIONAL, Usage.FORBIDDEN):
            place = replace(place, required=False)
        if (
            change.max is not None
            and place.limit != UNBOUNDED
            and (change.max == UNBOUNDED or change.max > place.limit)
        ):
            place = replace(place, limit=change.max)
    return place


def _with_elements(place: SegmentPlace, ids: Ids, dictionary: Dictionary, changes: Iterable[Change]) -> SegmentPlace:
    before = definition = definition_at(place, dictionary)
    for change in changes:
        for position, component, use in uses_of(definition):
            if change.of_element and change.selects(ids, position, component, use):
                definition = _put(definition, position, component, _wider(use, change))
    return place if definition == before else replace(place, definition=definition)


def _put(definition: SegmentDef, position: int, component: int | None, use: Use) -> SegmentDef:
    if component is not None:
        outer = definition.uses[position - 1]
        composite = outer.definition
        assert isinstance(composite, CompositeDef)
        parts = (*composite.uses[: component - 1], use, *composite.uses[component:])
        use = replace(outer, definition=replace(composite, uses=parts))
    return replace(definition, uses=(*definition.uses[: position - 1], use, *definition.uses[position:]))


def _wider(use: Use, change: Change) -> Use:
    """What is accepted by the standard or by the change."""
    required = use.required and change.use not in (Usage.OPTIONAL, Usage.FORBIDDEN)
    definition = use.definition
    if not isinstance(definition, ElementDef):
        return replace(use, required=required)
    if change.codes is not None and definition.codes is not None:
        definition = replace(definition, codes=definition.codes | {*change.codes.add, *change.codes.only})
    if change.length is not None:
        if change.length.min is not None:
            definition = replace(definition, minimum=min(definition.minimum, change.length.min))
        if change.length.max is not None and definition.maximum is not None:
            definition = replace(definition, maximum=max(definition.maximum, change.length.max))
    return Use(definition, required)

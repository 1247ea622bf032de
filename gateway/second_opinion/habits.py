"""Why the two differ: what pyx12 does otherwise than we do, each way with a name, who is right and why.

A difference that none of these explains is a fault of one side, and worth a report.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from translators.x12.findings import Code

from .faults import EMPTY, ENVELOPE, HIERARCHY, PLACE, RULE, SURPLUS, WHOLE, Fault, Interchange
from .pyx12_engine import Opinion

US, PYX12, EITHER = "tallystick", "pyx12", "either"
"""Who is right; either where the standard leaves it open."""


_MISSING = frozenset({Code.MISSING_SEGMENT, "SEG:3"})
_MISSING_GE = frozenset({Code.MISSING_GE, "GS:3"})
"""pyx12 tells of it at the end, whichever of several groups it was."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is known of one interchange."""

    interchange: Interchange
    opinion: Opinion
    ours: tuple[Fault, ...]
    theirs: tuple[Fault, ...]

    def same(self, one: Fault, other: Fault) -> bool:
        """Whether two faults are one: at the same segment or, where one is missing, in the same set or interchange."""
        if one.keys.isdisjoint(other.keys):
            return False
        if one.line == other.line or {one.code, other.code} == _MISSING_GE:
            return True
        missing = one.code in _MISSING and other.code in _MISSING
        return missing and self.interchange.set_at(one.line) == self.interchange.set_at(other.line)

    def begun(self, fault: Fault) -> bool:
        """Whether pyx12 recognised the set that a fault stands in."""
        number = self.interchange.set_at(fault.line)
        return number in {self.interchange.set_at(each.line) for each in self.opinion.sets}

    def repeats(self, line: int) -> bool:
        """Whether a segment has the name of the one before it."""
        return self.interchange.tag(line) == self.interchange.tag(line - 1)

    def broke_at_repetition(self) -> bool:
        """Whether the segment at which pyx12 gave up holds the repetition separator."""
        return bool(self.interchange.repeated.get(self.opinion.lines + 1))

    def begins_again(self, fault: Fault) -> bool:
        """Whether the set that has lost its trailer holds nothing that pyx12 could place, and another follows."""
        unplaced = {other.line for other in self.theirs if PLACE in other.keys}
        inside = range(fault.line + 1, fault.told_at + 1)
        return self.interchange.tag(fault.told_at + 1) == "ST" and unplaced.issuperset(inside)

    def before(self, faults: tuple[Fault, ...], fault: Fault) -> list[Fault]:
        """Those of ``faults`` that stand earlier in the same set, or at the same segment."""
        number = self.interchange.set_at(fault.line)
        return [
            other for other in faults if 0 < other.line <= fault.line and self.interchange.set_at(other.line) == number
        ]

    def comes_later(self, fault: Fault) -> bool:
        """Whether the segment that ``fault`` misses stands later in the same set."""
        number = self.interchange.set_at(fault.line)
        later = range(fault.line + 1, len(self.interchange) + 1)
        return any(
            self.interchange.tag(line) in fault.keys and self.interchange.set_at(line) == number for line in later
        )

    def beyond(self, faults: tuple[Fault, ...], fault: Fault) -> list[Fault]:
        """Those of ``faults`` that stand later in the same set."""
        number = self.interchange.set_at(fault.line)
        return [other for other in faults if other.line > fault.line and self.interchange.set_at(other.line) == number]

    def beside(self, faults: tuple[Fault, ...], fault: Fault) -> list[Fault]:
        """Those of ``faults`` at the same segment."""
        return [other for other in faults if other.line == fault.line]


@dataclass(frozen=True, slots=True)
class Habit:
    """``only`` is the side that tells the fault."""

    name: str
    only: str
    right: str
    why: str
    explains: Callable[[Fault, Case], bool]


_ENDS_IN_BLANK = re.compile(r"\s\)$|[=(]\S+\s\s")
_INDENTED = re.compile(r"Segment (?:contains a leading space|(?:identifier \")?\s)")
_WARNED = frozenset(
    {
        Code.ISA_VALUE,
        Code.EARLY_REPETITION,
        Code.GS_VALUE,
        Code.CONTROL_NUMBER_FORM,
        Code.SET_CONTROL_NUMBER_REPEATED,
    }
)
_SET_NOT_BEGUN = frozenset(
    {
        Code.SET_NOT_OF_GROUP,
        Code.SET_NOT_SUPPORTED,
        Code.SET_ID,
        Code.MISSING_SE,
        Code.SET_OUTSIDE_GROUP,
        Code.OUTSIDE_SET,
        Code.DATA_OUTSIDE,
    }
)


def _in_structure(fault: Fault) -> bool:
    return any(
        isinstance(key, str) and key not in (SURPLUS, EMPTY, HIERARCHY, ENVELOPE, RULE, WHOLE) for key in fault.keys
    )


def _fails(message: str, *codes: Code) -> Callable[[Fault, Case], bool]:
    """Whether pyx12 gave up with ``message`` where we find one of ``codes``."""
    pattern = re.compile(message)
    return lambda fault, case: (
        WHOLE in fault.keys
        and pattern.search(fault.message) is not None
        and any(each.code in codes for each in case.ours)
    )


def _misplaced(faults: list[Fault]) -> bool:
    return any(fault.error and (_in_structure(fault) or fault.code in _SET_NOT_BEGUN) for fault in faults)


HABITS = (
    Habit(
        "isa-of-fixed-form",
        PYX12,
        US,
        "pyx12 reads the delimiters at fixed places and needs an ISA of 106 characters whose ISA12 is a number. We find them out, read the "
        "interchange, and warn.",
        _fails(
            "does not take this",
            Code.ISA_WIDTH,
            Code.ISA_ELEMENTS,
            Code.ISA_VALUE,
            Code.WRAPPED_LINES,
            Code.NO_INTERCHANGE,
            Code.UNREADABLE_ISA,
        ),
    ),
    Habit(
        "no-table",
        PYX12,
        US,
        "There is no table for the version (GS08) or the kind of group (GS01). We reject the group, judge the others and answer; pyx12 "
        "ends there.",
        _fails("Map not found", Code.VERSION_NOT_SUPPORTED, Code.GROUP_NOT_SUPPORTED),
    ),
    Habit(
        "breaks-on-components",
        PYX12,
        US,
        "More components than the composite has: we say so; pyx12 looks for the name of one that does not exist, and breaks.",
        _fails("IndexError", Code.TOO_MANY_ELEMENTS),
    ),
    Habit(
        "breaks-on-trailers",
        PYX12,
        US,
        "A header or trailer that is missing, or is there twice, a GE whose count is no number, a TA1 that is none: we say so; "
        "pyx12 breaks.",
        _fails(
            "IndexError|ValueError|TypeError|AttributeError",
            Code.TRAILER_WITHOUT_HEADER,
            Code.MISSING_SE,
            Code.MISSING_GE,
            Code.MISSING_IEA,
            Code.GE_COUNT,
            Code.OUTSIDE_SET,
            Code.OUTSIDE_GROUP,
            Code.DATA_OUTSIDE,
            Code.JUNK,
            Code.TA1_VALUE,
            *_SET_NOT_BEGUN,
        ),
    ),
    Habit(
        "repetitions-not-split",
        PYX12,
        US,
        "The repetition separator (ISA11, from version 00402 on): we judge each occurrence of an element that repeats, and warn where it "
        "is text. pyx12 knows no repetition: it judges all as one element, and breaks where that has too many components.",
        lambda fault, case: not fault.keys.isdisjoint(case.interchange.repeated.get(fault.line, ()))
        or (WHOLE in fault.keys and "IndexError" in fault.message and case.broke_at_repetition()),
    ),
    Habit(
        "complaints-lost",
        US,
        US,
        "pyx12 counts what it finds in its tree of sets. What it finds where no set was begun, it logs and forgets, and accepts the file.",
        lambda fault, case: WHOLE in fault.keys and case.opinion.accepted is True and bool(case.theirs),
    ),
    Habit(
        "missing-then-late",
        PYX12,
        US,
        "A segment that comes too late: pyx12 misses it, and what comes with it, at its place and then does not know it. We tell one "
        "fault, where it stands.",
        lambda fault, case: fault.code == "SEG:3"
        and case.comes_later(fault)
        and any(other.code == Code.SEGMENT_OUT_OF_ORDER for other in case.beyond(case.ours, fault)),
    ),
    Habit(
        "blanks-before-terminator",
        PYX12,
        US,
        "Blanks at the end of a segment, before its terminator. pyx12 takes them for a part of the last element. We take them off, "
        "and warn once.",
        lambda fault, case: _ENDS_IN_BLANK.search(fault.message) is not None
        and any(other.code == Code.WHITE_SPACE for other in case.ours),
    ),
    Habit(
        "hierarchy-in-reader",
        PYX12,
        EITHER,
        "pyx12 demands HL01 to count 1, 2, 3 in every set, and a parent among the levels that are open. The standard leaves the "
        "numbers to the sender; parents and order of levels are judged where a ship notice is translated.",
        lambda fault, case: HIERARCHY in fault.keys,
    ),
    Habit(
        "trailing-blanks",
        PYX12,
        EITHER,
        "pyx12 rejects text with blanks at its end (X12.6 tells senders to leave them out). They change nothing, so we take them.",
        lambda fault, case: "unnecessary trailing spaces" in fault.message,
    ),
    Habit(
        "trailing-separators",
        PYX12,
        US,
        "pyx12 rejects a segment that ends in separators with nothing between them. Nothing is lost or unclear; we note it.",
        lambda fault, case: SURPLUS in fault.keys and any(SURPLUS in other.keys for other in case.before(case.ours, fault)),
    ),
    Habit(
        "separator-in-text",
        PYX12,
        US,
        "The component separator in the text of a simple element. What was meant is clear, so we warn and accept with errors; in GS, and "
        "in a code whose list others keep, we say nothing.",
        lambda fault, case: "invalid composite" in fault.message,
    ),
    Habit(
        "character-set",
        PYX12,
        EITHER,
        "pyx12 knows the extended character set of X12 without the letters of other languages. Partners agree on those, so we take "
        "them, and note it.",
        lambda fault, case: "contains an invalid character" in fault.message and " is type N" not in fault.message
        and " is type R" not in fault.message,
    ),
    Habit(
        "point-at-the-end",
        PYX12,
        EITHER,
        "A decimal number that ends in its point (12.) is a number to us and none to pyx12.",
        lambda fault, case: " is type R, contains an invalid character" in fault.message and fault.message.endswith(".)"),
    ),
    Habit(
        "qualified-date",
        PYX12,
        PYX12,
        "pyx12 judges DTP03 by the form that DTP02 names (D8, TM, ...); we judge it as the text that element 1251 is.",
        lambda fault, case: fault.tag == "DTP" and 3 in fault.keys,
    ),
    Habit(
        "group-number-repeated",
        PYX12,
        PYX12,
        "Two groups of an interchange have the same control number (GS06). We do not look for that.",
        lambda fault, case: fault.code == "GS:6",
    ),
    Habit(
        "envelope-weight",
        PYX12,
        US,
        "Elements of ISA, GS, ST and their trailers that are outside their table, numbers used twice or written in two ways (7, 0007): "
        "they do not change which documents arrived, so we warn where pyx12 rejects.",
        lambda fault, case: ENVELOPE in fault.keys
        and any(other.code in _WARNED and ENVELOPE in other.keys for other in case.beside(case.ours, fault)),
    ),
    Habit(
        "indented-segments",
        PYX12,
        US,
        "Blanks or a tab before a segment's name. pyx12 rejects the segment for them, or takes them for a part of the name, and breaks "
        "where it is a trailer. We take them off, and warn once.",
        lambda fault, case: _INDENTED.match(fault.message) is not None
        or (ENVELOPE in fault.keys and any(_INDENTED.match(other.message) for other in case.theirs))
        or _fails("IndexError|AttributeError", Code.WHITE_SPACE)(fault, case),
    ),
    Habit(
        "segment-without-data",
        PYX12,
        US,
        "A segment with no data at all is one fault: we tell the first element that is missing, or warn where none must be there. pyx12 "
        "tells the empty segment and each element and note.",
        lambda fault, case: any(EMPTY in other.keys for other in case.beside(case.theirs, fault)),
    ),
    Habit(
        "told-above",
        PYX12,
        US,
        "A trailer that is missing: pyx12 tells it once more of the group or interchange around it.",
        lambda fault, case: fault.message.startswith("Unterminated")
        and any(other.code in (Code.MISSING_SE, Code.MISSING_GE) for other in case.ours),
    ),
    Habit(
        "missing-at-lost-end",
        PYX12,
        US,
        "A set that has lost its trailer: pyx12 tells what else is missing at its end. We say that its end was lost.",
        lambda fault, case: fault.code == "SEG:3"
        and case.interchange.tag(fault.line) in ("ST", "GS", "GE", "IEA")
        and any(other.code == Code.MISSING_SE for other in case.ours),
    ),
    Habit(
        "stopped-early",
        PYX12,
        US,
        "Because pyx12 stopped at an empty segment (two terminators), at one of more than 8 KB, or at one without a terminator, it "
        "misses the trailers.",
        lambda fault, case: "Trailer" in fault.message and case.opinion.lines < len(case.interchange),
    ),
    Habit(
        "set-not-begun",
        PYX12,
        US,
        "pyx12 begins no set where the one before was not ended, or where ST01 does not belong: every segment of it is wrong, and its "
        "count is held against the set before. We tell one fault.",
        lambda fault, case: (not case.begun(fault) or ENVELOPE in fault.keys)
        and any(other.code in _SET_NOT_BEGUN for other in case.ours),
    ),
    Habit(
        "outside-judged",
        PYX12,
        US,
        "Segments after the IEA: we tell that they stand outside, once. pyx12 judges them as if it had not come.",
        lambda fault, case: any(
            other.code in (Code.DATA_OUTSIDE, Code.JUNK) and 0 < other.line <= fault.line for other in case.ours
        ),
    ),
    Habit(
        "no-resynchronisation",
        PYX12,
        US,
        "After a segment that it cannot place, pyx12 stays where it was, and after one that comes too early it goes on from there: "
        "the segments that belong to it, or before it, are wrong as well. We tell one fault, and follow what comes with it.",
        lambda fault, case: _in_structure(fault)
        and (
            _misplaced(case.before(case.ours, fault))
            or any(_INDENTED.match(other.message) for other in case.before(case.theirs, fault))
        ),
    ),
    Habit(
        "told-twice",
        PYX12,
        US,
        "pyx12's reader complains of a segment that its walker could not place either. We tell one fault.",
        lambda fault, case: any(PLACE in other.keys for other in case.beside(case.theirs, fault)),
    ),
    Habit(
        "outside-unnoticed",
        US,
        US,
        "Segments outside any interchange, of which nobody can be answered. pyx12 reads on after the IEA as if it had not come; what "
        "stands before the first ISA it is not given.",
        lambda fault, case: fault.code == Code.DATA_OUTSIDE,
    ),
    Habit(
        "stops-early",
        US,
        US,
        "pyx12 stops at an empty segment (two terminators), at one of more than 8 KB, and at one without a terminator. What comes "
        "after was not judged.",
        lambda fault, case: fault.told_at > case.opinion.lines,
    ),
    Habit(
        "not-looked-into",
        US,
        US,
        "pyx12 did not begin the set, because the one before was not ended or ST01 does not belong there, and so did not judge it.",
        lambda fault, case: not case.begun(fault) and fault.line > 0,
    ),
    Habit(
        "repeated-loop",
        US,
        US,
        "A loop, or set, that begins again right after its first segment, or after what pyx12 could not place: it does not notice that "
        "something mandatory is missing between.",
        lambda fault, case: any(
            _in_structure(other) and case.repeats(other.line) for other in case.before(case.ours, fault) if _in_structure(fault)
        )
        or (fault.code == Code.MISSING_SE and case.begins_again(fault)),
    ),
    Habit(
        "early-then-unknown",
        US,
        US,
        "A segment that comes too early: pyx12 takes it, and then does not know those that should have come before. We tell one fault, "
        "where it stands.",
        lambda fault, case: fault.code == Code.SEGMENT_OUT_OF_ORDER
        and any(PLACE in other.keys for other in case.beyond(case.theirs, fault)),
    ),
    Habit(
        "not-followed",
        US,
        EITHER,
        "After a segment that it cannot place, or that is indented, pyx12 stays where it was. We follow that segment, or go back to its "
        "place, and judge what comes next from there.",
        lambda fault, case: _in_structure(fault)
        and any(_in_structure(other) or _INDENTED.match(other.message) for other in case.before(case.theirs, fault)),
    ),
    Habit(
        "misplaced-not-looked-into",
        US,
        US,
        "We judge the elements of a segment that stands in the wrong place; pyx12 does not look into it.",
        lambda fault, case: any(PLACE in other.keys for other in case.beside(case.theirs, fault)),
    ),
    Habit(
        "notes-of-composites",
        US,
        US,
        "pyx12 knows no relational notes between the components of a composite (such as REF04, P0304).",
        lambda fault, case: fault.code == Code.CONDITIONAL_ELEMENT_MISSING,
    ),
    Habit(
        "first-component",
        US,
        US,
        "pyx12 does not demand the mandatory first component of a composite that is there, if the composite itself is optional.",
        lambda fault, case: fault.code == Code.MISSING_ELEMENT,
    ),
    Habit(
        "rules-beyond-the-standard",
        US,
        US,
        "Rules of the business (totals, check digits, references) and of the agreement with a partner. pyx12 judges the syntax only.",
        lambda fault, case: not fault.keys.isdisjoint({RULE, HIERARCHY}),
    ),
    Habit(
        "surplus-in-envelope",
        PYX12,
        EITHER,
        "More elements in GS, ST or a trailer than there should be. We read those that we know, and warn of the others.",
        lambda fault, case: ENVELOPE in fault.keys
        and ("Too many elements" in fault.message or "trailing element terminators" in fault.message),
    ),
    Habit(
        "blanks-in-envelope",
        PYX12,
        EITHER,
        "Blanks around an element of GS, ST or a trailer: we compare without them.",
        lambda fault, case: ENVELOPE in fault.keys and re.search(r"id=\s|\s\sdoes|\s\)|\(\s|\s$", fault.message) is not None,
    ),
)  # fmt: skip
"""In the order in which they are tried."""


def habit(fault: Fault, only: str, case: Case) -> Habit | None:
    """The first that explains why only one side tells a fault."""
    return next((each for each in HABITS if each.only == only and each.explains(fault, case)), None)

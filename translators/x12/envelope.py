"""ISA, GS, ST and their trailers: read, and held against their tables and against each other (X12.5, X12.6)."""

from dataclasses import dataclass
from typing import Literal

from canonical.finding import Finding
from canonical.interchange_acknowledgement import InterchangeAcknowledgement

from .dialect import FIRST_REPETITION_VERSION, IsaHead
from .elements import check_element
from .events import GroupHeader, InterchangeHeader, SetHeader
from .findings import Code, finding
from .lines import Line
from .schema import Dictionary, ElementDef, dictionary, versions
from .tables import STANDARD, Tables
from .values import is_whole, parse_date, parse_time

_ENVELOPE_TABLES = "004010"
_ISA_NOTES = (
    "010",
    "011",
    "012",
    "013",
    "005",
    "006",
    "007",
    "008",
    "014",
    "015",
    "016",
    "017",
    "018",
    "019",
    "020",
    "027",
)
"""TA105 for a fault in ISA01, ISA02, ..."""


def read_isa(isa: IsaHead, offset: int) -> tuple[InterchangeHeader, list[Finding]]:
    """The header of an interchange, and what is odd about it."""
    texts = [text.strip(" ") for text in isa.elements]
    findings = _isa_form(isa, offset)
    if len(texts) != 16:
        texts = [*texts[:15], *[""] * (15 - len(texts)), texts[-1]]
    header = InterchangeHeader(offset, isa.delimiters, *texts)
    findings.extend(_isa_values(header, texts))
    return header, findings


def _isa_form(isa: IsaHead, offset: int) -> list[Finding]:
    findings = []
    if len(isa.elements) != 16:
        message = (
            f"The ISA has {len(isa.elements)} elements, but must have 16, so which is which is a guess. "
            "Have the sender's software set up again."
        )
        findings.append(
            finding(Code.ISA_ELEMENTS, message, path="ISA", segment="ISA", offset=offset, ack_code="TA105:022")
        )
    elif not isa.fixed_width:
        message = "The ISA is not 106 characters with every element filled up to its width. It was read all the same."
        findings.append(finding(Code.ISA_WIDTH, message, path="ISA", segment="ISA", offset=offset))
    if isa.wrapped:
        message = "Line breaks stand inside segments, as if the file had been cut into lines. They were taken out."
        findings.append(finding(Code.WRAPPED_LINES, message, path="ISA", segment="ISA", offset=offset))
    return findings


def _isa_values(header: InterchangeHeader, texts: list[str]) -> list[Finding]:
    findings = []
    for position, text in enumerate(texts, 1):
        message = _repetition_fault(header) if position == 11 else _isa_fault(position, text)
        if message is None:
            continue
        code = Code.ISA_CONTROL_NUMBER if position == 13 else Code.ISA_VALUE
        if position == 11 and len(text) == 1 and not text.isalnum() and header.version < FIRST_REPETITION_VERSION:
            code = Code.EARLY_REPETITION
        findings.append(
            finding(
                code,
                message,
                path=f"ISA/{position:02}",
                segment="ISA",
                element=position,
                value=text,
                offset=header.offset,
                ack_code=f"TA105:{_ISA_NOTES[position - 1]}",
            )
        )
    return findings


def _isa_fault(position: int, text: str) -> str | None:
    where = f"ISA{position:02}"
    elements = dictionary(_ENVELOPE_TABLES).elements
    if position in (1, 3, 5, 7, 14, 15):
        number = {1: "I01", 3: "I03", 5: "I05", 7: "I05", 14: "I13", 15: "I14"}[position]
        problem = check_element(elements[number], text, "", where)
        return problem.message if problem else None
    if position in (6, 8) and not text:
        return f"{where} is empty, but must name the {'sender' if position == 6 else 'receiver'}."
    if position in (9, 10):
        return _moment_fault(position, text)
    if position == 12 and not (len(text) == 5 and is_whole(text)):
        return f"ISA12 is {text!r}, but must be a version of five digits such as 00401."
    if position == 13 and not (is_whole(text) and 1 <= len(text) <= 9 and int(text) >= 0):
        return f"ISA13 is {text!r}, but must be the interchange's control number of nine digits. Have it numbered and sent again."
    if position == 16 and (len(text) != 1 or text.isalnum()):
        return f"ISA16 is {text!r}, but must be the one character that separates components."
    return None


def _repetition_fault(header: InterchangeHeader) -> str | None:
    """ISA11: U before 00402, a separator after it; many leave U there, which says no more than that nothing repeats."""
    text = header.standard
    if text == "U" or header.delimiters.repetition is not None:
        return None
    if header.version < FIRST_REPETITION_VERSION:
        return (
            f"ISA11 is {text!r}; versions before 00402 know only 'U' there, and no repeated elements. It has no effect."
        )
    return f"ISA11 is {text!r}, which cannot separate repeated elements: it must be a character of its own. It has no effect."


def _moment_fault(position: int, text: str) -> str | None:
    try:
        good = (
            len(text) == (6 if position == 9 else 4) and (parse_date if position == 9 else parse_time)(text) is not None
        )
    except ValueError:
        good = False
    form = "a date YYMMDD" if position == 9 else "a time HHMM"
    return None if good else f"ISA{position:02} is {text!r}, but must be {form}."


def check_iea(trailer: Line | None, header: InterchangeHeader, groups: int, answers: int, end: int) -> list[Finding]:
    """The trailer against the header and against what was found. ``answers`` counts TA1 segments; ``end`` is the place if it is missing."""
    if trailer is None:
        message = f"The interchange {header.control_number} has no trailer IEA: its end was lost. Send it again, whole."
        return [finding(Code.MISSING_IEA, message, path="IEA", segment="IEA", offset=end, ack_code="TA105:023")]
    findings = []
    claimed = _count(trailer.text(1))
    tolerated = groups == 0 and answers > 0 and claimed == 1
    if claimed != groups and not tolerated:
        message = f"IEA01 says {trailer.text(1)!r} groups, but {groups} were found. Something was lost or added; send it again."
        findings.append(_at(Code.IEA_COUNT, message, trailer, 1, "TA105:021"))
    findings.extend(
        _same_number(trailer, 2, "ISA13", header.control_number, Code.IEA_CONTROL_NUMBER, "TA105:001", None)
    )
    return findings + _surplus(trailer)


_TA1_STATUS: dict[str, Literal["accepted", "accepted_with_errors", "rejected"]] = {
    "A": "accepted",
    "E": "accepted_with_errors",
    "R": "rejected",
}


def read_ta1(line: Line) -> tuple[InterchangeAcknowledgement | None, list[Finding]]:
    """The other side's verdict on an interchange of ours."""
    number, status, note = line.text(1), line.text(4), line.text(5)
    try:
        date, time = parse_date(line.text(2)), parse_time(line.text(3))
    except ValueError:
        date = time = None
    if not is_whole(number) or status not in _TA1_STATUS or date is None or time is None:
        message = (
            "The TA1 cannot be read: it needs the control number, date (YYMMDD) and time (HHMM) of the interchange it answers, "
            "a status A, E or R, and a note code."
        )
        return None, [finding(Code.TA1_VALUE, message, path="TA1", segment="TA1", offset=line.offset)]
    acknowledgement = InterchangeAcknowledgement(
        control_number=number, interchange_date=date, interchange_time=time, status=_TA1_STATUS[status], note=note
    )
    return acknowledgement, _surplus(line)


@dataclass(frozen=True, slots=True)
class GroupTable:
    """By what a group is judged. ``dictionary`` is None, and ``refusal`` the code of AK905, where it cannot be."""

    dictionary: Dictionary | None
    refusal: str | None = None


NO_GROUP = GroupHeader(0, "", "", "", "", "", "", "", "")
"""Stands for the GS that is missing before a set."""


def read_gs(line: Line, tables: Tables = STANDARD) -> tuple[GroupHeader, GroupTable, list[Finding]]:
    """The header of a group, the table for it out of ``tables``, and what is wrong with it."""
    header = GroupHeader(line.offset, *(line.text(position) for position in range(1, 9)))
    findings = _gs_values(line) + _surplus(line)
    if not _is_group_number(header.control_number):
        message = f"GS06 is {header.control_number!r}, but must be the group's control number of one to nine digits."
        ack = "AK905:6" if header.control_number else "TA105:024"
        findings.append(_at(Code.GS_CONTROL_NUMBER, message, line, 6, ack))
    table = tables.dictionary(header.version)
    if table is None:
        message = (
            f"GS08 is {header.version!r}, a version that is not supported here. Send one of: {', '.join(versions())}. "
            "No transaction set of this group was accepted."
        )
        findings.append(_at(Code.VERSION_NOT_SUPPORTED, message, line, 8, "AK905:2"))
        return header, GroupTable(None, "2"), findings
    judging = tables.dictionary(header.version, header.functional_id)
    if judging is None:
        message = (
            f"GS01 is {header.functional_id!r}: groups of this kind are not supported here, only "
            f"{', '.join(sorted(table.functional_ids))}. No transaction set of this group was accepted."
        )
        findings.append(_at(Code.GROUP_NOT_SUPPORTED, message, line, 1, "AK905:1"))
        return header, GroupTable(None, "1"), findings
    if header.version != judging.version:
        findings.append(_at(Code.VERSION_BY_NEAREST, _judged_by(header, judging.version), line, 8, None))
    return header, GroupTable(judging), findings


def _judged_by(header: GroupHeader, table: str) -> str:
    """Which table judged a group whose version has none of its own, and what that leaves open."""
    if header.version[:6] == table:
        return (
            f"GS08 is {header.version!r}, a guideline of {table}. The group was judged by the tables of {table}; "
            "what the guideline demands beyond them was not checked."
        )
    return (
        f"GS08 is {header.version!r}, for which there are no tables of the group {header.functional_id}. It was judged by those of "
        f"{table}, the nearest there are: a code or segment that only {header.version[:6]} knows counts as an error. "
        f"Send {table} if you can."
    )


def _is_group_number(text: str) -> bool:
    return is_whole(text) and not text.startswith("-") and len(text) <= 9


def _gs_values(line: Line) -> list[Finding]:
    findings = []
    uses = dictionary(_ENVELOPE_TABLES).segments["GS"].uses
    for position in (2, 3, 4, 5, 7):
        text = line.text(position)
        definition = uses[position - 1].definition
        assert isinstance(definition, ElementDef)
        where = f"GS{position:02}"
        if not text:
            message: str | None = f"{where} is missing, but must always be there. It did not prevent processing."
        else:
            problem = check_element(definition, text, "", where)
            message = None if problem is None else f"{problem.message} It did not prevent processing."
        if message is not None:
            findings.append(_at(Code.GS_VALUE, message, line, position, None))
    return findings


def check_ge(trailer: Line | None, header: GroupHeader, sets: int, end: int) -> tuple[int | None, list[Finding]]:
    """GE01 where it can be read, and the trailer's faults."""
    if trailer is None:
        message = (
            f"The group {header.control_number} has no trailer GE: its end was lost. Send the interchange again, whole."
        )
        missing = finding(Code.MISSING_GE, message, path="GE", segment="GE", offset=end, ack_code="AK905:3")
        return None, [missing]
    findings = []
    claimed = _count(trailer.text(1))
    if claimed != sets:
        message = f"GE01 says {trailer.text(1)!r} transaction sets, but {sets} were found. Something was lost or added; send it again."
        findings.append(_at(Code.GE_COUNT, message, trailer, 1, "AK905:5"))
    findings.extend(_same_number(trailer, 2, "GS06", header.control_number, Code.GE_CONTROL_NUMBER, "AK905:4", None))
    return claimed, findings + _surplus(trailer)


def check_st(line: Line, header: SetHeader, group: GroupHeader, table: GroupTable) -> list[Finding]:
    """What is wrong with the head of a set. A set of a group that is refused as a whole is not looked at."""
    if table.dictionary is None:
        return []
    findings = []
    schema = table.dictionary.sets.get(header.set_id)
    if not (len(header.set_id) == 3 and is_whole(header.set_id)):
        message = f"ST01 is {header.set_id!r}, but must be the number of a transaction set, such as 850."
        findings.append(_at(Code.SET_ID, message, line, 1, "AK502:6", 1))
    elif schema is None:
        message = (
            f"The transaction set {header.set_id} of version {table.dictionary.version} is not supported here, only "
            f"{', '.join(sorted(table.dictionary.sets))}. It was not accepted."
        )
        findings.append(_at(Code.SET_NOT_SUPPORTED, message, line, 1, "AK502:1", 1))
    elif schema.functional_id != group.functional_id:
        message = (
            f"The transaction set {header.set_id} belongs into a group {schema.functional_id}, but this one is "
            f"{group.functional_id or 'missing'} (GS01)."
        )
        findings.append(_at(Code.SET_NOT_OF_GROUP, message, line, 1, "AK502:6", 1))
    if not 4 <= len(header.control_number) <= 9:
        message = f"ST02 is {header.control_number!r}, but must be the set's control number of 4 to 9 characters."
        if header.control_number:
            message += " It was taken as it is."
            findings.append(_at(Code.CONTROL_NUMBER_FORM, message, line, 2, "AK502:7", 1))
        else:
            findings.append(_at(Code.SET_CONTROL_NUMBER, message, line, 2, "AK502:7", 1))
    return findings + _surplus(line, table.dictionary, 1)


def check_se(trailer: Line | None, header: SetHeader, segments: int, end: int) -> list[Finding]:
    """The trailer of a set. ``segments`` counts ST and SE."""
    if trailer is None:
        message = f"The transaction set {header.set_id} {header.control_number} has no trailer SE: its end was lost. Send it again, whole."
        return [
            finding(
                Code.MISSING_SE,
                message,
                path="SE",
                segment="SE",
                segment_index=segments,
                offset=end,
                ack_code="AK502:2",
            )
        ]
    findings = []
    if _count(trailer.text(1)) != segments:
        message = (
            f"SE01 says {trailer.text(1)!r} segments, but {segments} were found, ST and SE counted. "
            "Something was lost or added; send the set again."
        )
        findings.append(_at(Code.SE_COUNT, message, trailer, 1, "AK502:4", segments))
    findings.extend(
        _same_number(trailer, 2, "ST02", header.control_number, Code.SE_CONTROL_NUMBER, "AK502:3", segments)
    )
    return findings + _surplus(trailer, index=segments)


def _surplus(line: Line, tables: Dictionary | None = None, index: int | None = None) -> list[Finding]:
    """Elements beyond those that a segment of the envelope has. No code of an acknowledgement speaks of them."""
    most = len((tables or dictionary(_ENVELOPE_TABLES)).segments[line.tag].uses)
    first = next((position for position in range(most + 1, len(line.texts) + 1) if line.text(position)), None)
    if first is None:
        return []
    message = (
        f"{line.tag}{first:02} is {line.text(first)!r}, but {line.tag} has {most} elements. It was not read, and did not prevent "
        "processing. Leave it out."
    )
    return [_at(Code.SURPLUS_IN_ENVELOPE, message, line, first, None, index)]


def _same_number(
    trailer: Line, position: int, name: str, expected: str, code: Code, ack_code: str, index: int | None
) -> list[Finding]:
    given = trailer.text(position)
    if given == expected:
        return []
    where = f"{trailer.tag}{position:02}"
    number = _count(given)
    if number is not None and number == _count(expected):
        message = f"{where} is {given!r} and {name} is {expected!r}: the same number, but it must be written the same."
        return [_at(Code.CONTROL_NUMBER_FORM, message, trailer, position, None, index)]
    message = f"{where} is {given!r}, but the control number in {name} is {expected!r}. Header and trailer do not belong together."
    return [_at(code, message, trailer, position, ack_code, index)]


def _count(text: str) -> int | None:
    return int(text) if is_whole(text) and len(text) <= 20 else None


def _at(code: Code, message: str, line: Line, position: int, ack_code: str | None, index: int | None = None) -> Finding:
    return finding(
        code,
        message,
        path=f"{line.tag}/{position:02}",
        segment=line.tag,
        segment_index=index,
        element=position,
        value=line.text(position),
        offset=line.offset_of(position),
        ack_code=ack_code,
    )

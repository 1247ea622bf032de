"""ISA, GS, ST and their trailers: what is told, with which code, and what it does to the verdict."""

import pytest

from canonical.functional_acknowledgement import SyntaxStatus
from translators.x12.limits import Limits

from .samples import GS, ISA, a_group, a_set, an_interchange, codes, ends, found, groups, joined, one, sets

ACCEPTED, WITH_ERRORS = SyntaxStatus.ACCEPTED, SyntaxStatus.ACCEPTED_WITH_ERRORS
PARTIALLY, REJECTED = SyntaxStatus.PARTIALLY_ACCEPTED, SyntaxStatus.REJECTED


def test_a_good_file_has_no_findings() -> None:
    data = one()
    assert found(data) == []
    assert [end.status for end in ends(data)] == [ACCEPTED]
    assert [group.status for group in groups(data)] == [ACCEPTED]


@pytest.mark.parametrize(
    ("old", "new", "path", "ack"),
    [
        ("ISA*00*", "ISA*99*", "ISA/01", "TA105:010"),
        ("*00*          *ZZ", "*XX*          *ZZ", "ISA/03", "TA105:012"),
        ("*ZZ*SUPPLIER", "*QQ*SUPPLIER", "ISA/05", "TA105:005"),
        ("*SUPPLIER       *", "*               *", "ISA/06", "TA105:006"),
        ("*01*123456789", "*QQ*123456789", "ISA/07", "TA105:007"),
        ("*123456789      *", "*               *", "ISA/08", "TA105:008"),
        ("*260304*", "*261304*", "ISA/09", "TA105:014"),
        ("*1516*U", "*2516*U", "ISA/10", "TA105:015"),
        ("*U*00401", "*X*00401", "ISA/11", "TA105:016"),
        ("*00401*", "*4010A*", "ISA/12", "TA105:017"),
        ("*0*T*", "*7*T*", "ISA/14", "TA105:019"),
        ("*0*T*", "*0*Q*", "ISA/15", "TA105:020"),
    ],
)
def test_an_isa_element_outside_its_table_is_a_warning(old: str, new: str, path: str, ack: str) -> None:
    data = joined(an_interchange(a_group(a_set()), isa=ISA.replace(old, new)))
    assert codes(data) == [("isa-value", path, ack)]
    (end,) = ends(data)
    assert (end.status, end.note) == (WITH_ERRORS, ack[-3:])
    assert [read.status for read in sets(data)] == [ACCEPTED]


@pytest.mark.parametrize(
    ("version", "told", "repetition"), [("00401", True, None), ("00402", False, "^"), ("00501", False, "^")]
)
def test_repetition_exists_from_00402_on(version: str, told: bool, repetition: str | None) -> None:
    isa = ISA.replace("*U*00401*", f"*^*{version}*")
    data = joined(an_interchange(a_group(a_set()), isa=isa))
    assert codes(data) == ([("repetition-separator-too-early", "ISA/11", "TA105:016")] if told else [])
    assert ends(data)[0].header.delimiters.repetition == repetition


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("*00401*000000042*", "*00401*         *", ("isa-control-number", "ISA/13", "TA105:018")),
        ("*00401*000000042*", "*00401*00000004X*", ("isa-control-number", "ISA/13", "TA105:018")),
        ("IEA*1*000000042", "IEA*1*000000043", ("iea-control-number", "IEA/02", "TA105:001")),
        ("IEA*1*000000042", "IEA*2*000000042", ("iea-count", "IEA/01", "TA105:021")),
        ("IEA*1*000000042", "IEA**000000042", ("iea-count", "IEA/01", "TA105:021")),
        ("IEA*1*000000042~", "", ("missing-iea", "IEA", "TA105:023")),
        ("~GS*", "~XX*1~GS*", ("segment-outside-group", "XX", "TA105:022")),
    ],
)
def test_what_makes_an_interchange_uncertain_rejects_it(old: str, new: str, fault: tuple[str, str, str]) -> None:
    data = one().replace(old.encode(), new.encode())
    assert codes(data)[0] == fault
    (end,) = ends(data)
    assert (end.status, end.note) == (REJECTED, fault[2][-3:])


def test_leading_zeros_in_counts_are_fine() -> None:
    body = a_set()[1:-1]
    a_long_count = ["ST*850*0001", *body, "SE*0000005*0001"]
    assert found(joined(an_interchange(a_group(a_long_count, ge="GE*001*7"), iea="IEA*00001*000000042"))) == []


@pytest.mark.parametrize(
    ("trailers", "path"),
    [
        (("SE*5*1", "GE*1*7", "IEA*1*000000042"), "SE/02"),
        (("SE*5*0001", "GE*1*007", "IEA*1*000000042"), "GE/02"),
        (("SE*5*0001", "GE*1*7", "IEA*1*42"), "IEA/02"),
    ],
)
def test_the_same_number_written_differently_is_a_warning(trailers: tuple[str, ...], path: str) -> None:
    data = joined([ISA, GS, *a_set()[:-1], *trailers])
    assert codes(data) == [("control-number-form", path, None)]
    assert sets(data)[0].status is ACCEPTED


@pytest.mark.parametrize("trailer", ["SE*5", "GE*1", "IEA*1"])
def test_a_trailer_with_a_number_beyond_what_python_reads_is_another_number(trailer: str) -> None:
    endless = "9" * 5_000
    lines = an_interchange(a_group(a_set()))
    lines = [f"{trailer}*{endless}" if line.startswith(f"{trailer}*") else line for line in lines]
    assert [code for code, *_ in codes(joined(lines))] == [f"{trailer.partition('*')[0].lower()}-control-number"]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ("*SUPPLIER*", "**", ["GS/02"]),
        ("*20260304*", "*260304*", ["GS/04"]),
        ("*1516*", "*15:16*", ["GS/05"]),
        ("*X*", "*Q*", ["GS/07"]),
    ],
)
def test_a_gs_element_outside_its_table_is_a_warning(old: str, new: str, paths: list[str]) -> None:
    data = joined(an_interchange(a_group(a_set(), gs=GS.replace(old, new))))
    assert codes(data) == [("gs-value", path, None) for path in paths]
    assert groups(data)[0].status is ACCEPTED


@pytest.mark.parametrize("tag", ["GS", "ST", "SE", "GE", "IEA"])
def test_elements_that_a_segment_of_the_envelope_does_not_have_are_a_warning(tag: str) -> None:
    lines = an_interchange(a_group(a_set()))
    at = next(at for at, line in enumerate(lines) if line.startswith(f"{tag}*"))
    count = lines[at].count("*")
    lines[at] += "**X*Y"
    assert codes(joined(lines)) == [("surplus-in-envelope", f"{tag}/{count + 2:02}", None)]
    assert groups(joined(lines))[0].status is ACCEPTED
    lines[at] = lines[at].removesuffix("*X*Y")
    assert codes(joined(lines)) == []


def test_what_a_release_added_to_ST_is_surplus_only_before() -> None:
    lines = an_interchange(a_group(a_set()))
    lines = [f"{line}*X" if line.startswith("ST*") else line for line in lines]
    assert [code for code, *_ in codes(joined(lines))] == ["surplus-in-envelope"]
    assert codes(joined([line.replace("*004010", "*005010") for line in lines])) == []


@pytest.mark.parametrize(
    ("gs", "ge", "fault", "group_codes"),
    [
        (GS.replace("*7*", "*7A*"), "GE*1*7A", ("gs-control-number", "GS/06", "AK905:6"), ("6",)),
        (GS.replace("*7*", "*1234567890*"), "GE*1*1234567890", ("gs-control-number", "GS/06", "AK905:6"), ("6",)),
        (GS, "GE*1*8", ("ge-control-number", "GE/02", "AK905:4"), ("4",)),
        (GS, "GE*2*7", ("ge-count", "GE/01", "AK905:5"), ("5",)),
        (GS, "GE*x*7", ("ge-count", "GE/01", "AK905:5"), ("5",)),
        (GS, "", ("missing-ge", "GE", "AK905:3"), ("3",)),
        (GS.replace("*PO*", "*QO*"), None, ("group-not-supported", "GS/01", "AK905:1"), ("1",)),
        (GS.replace("004010", "003050"), None, ("version-not-supported", "GS/08", "AK905:2"), ("2",)),
        (GS.replace("004010", "00401"), None, ("version-not-supported", "GS/08", "AK905:2"), ("2",)),
        (GS.replace("*004010", ""), None, ("version-not-supported", "GS/08", "AK905:2"), ("2",)),
    ],
)
def test_what_makes_a_group_uncertain_rejects_it(
    gs: str, ge: str | None, fault: tuple[str, str, str], group_codes: tuple[str, ...]
) -> None:
    data = joined([segment for segment in an_interchange(a_group(a_set(), gs=gs, ge=ge or "GE*1*7")) if segment])
    if ge == "":
        data = data.replace(b"GE*1*7~", b"")
    assert codes(data) == [fault]
    (group,) = groups(data)
    assert (group.status, group.codes, group.received, group.accepted) == (REJECTED, group_codes, 1, 0)
    assert ends(data)[0].status is ACCEPTED


@pytest.mark.parametrize("gs", [GS.replace("*PO*", "*QO*"), GS.replace("004010", "003050")])
def test_sets_of_a_refused_group_are_found_and_rejected(gs: str) -> None:
    data = joined(an_interchange(a_group(a_set(), a_set(number="0002"), gs=gs)))
    assert [(read.status, read.codes, read.tree) for read in sets(data)] == [(REJECTED, ("1",), None)] * 2


@pytest.mark.parametrize(
    ("version", "table", "why"),
    [
        ("004010VICS", "004010", "a guideline of 004010"),
        ("004010X357", "004010", "a guideline of 004010"),
        ("004030UCS", "004030", "a guideline of 004030"),
        ("004020", "004010", "no tables of the group PO"),
        ("004050VICS", "004060", "no tables of the group PO"),
        ("005030", "005010", "no tables of the group PO"),
    ],
)
def test_a_version_without_tables_is_judged_by_the_nearest_and_flagged(version: str, table: str, why: str) -> None:
    data = joined(an_interchange(a_group(a_set(), gs=GS.replace("004010", version))))
    (warning,) = found(data)
    assert (warning.code, warning.path, warning.is_error) == ("version-by-nearest-table", "GS/08", False)
    assert why in warning.message
    assert table in warning.message
    (read,) = sets(data)
    assert read.tree is not None
    assert (read.tree.version, read.header.version) == (table, version)
    assert groups(data)[0].status is ACCEPTED


@pytest.mark.parametrize("interchange_version", ["00200", "00401", "00403", "00501"])
@pytest.mark.parametrize("version", ["004010", "004060", "005010"])
def test_the_versions_of_interchange_and_group_are_independent(interchange_version: str, version: str) -> None:
    isa = ISA.replace("*U*00401*", f"*{'^' if interchange_version >= '00402' else 'U'}*{interchange_version}*")
    data = joined(an_interchange(a_group(a_set(), gs=GS.replace("004010", version)), isa=isa))
    assert found(data) == []
    (read,) = sets(data)
    assert read.tree is not None
    assert read.tree.version == version


@pytest.mark.parametrize(
    ("separator", "expected"), [("U", []), ("^", []), (">", [("isa-value", "ISA/11", "TA105:016")])]
)
def test_a_repetition_separator_is_a_character_of_its_own(
    separator: str, expected: list[tuple[str, str, str | None]]
) -> None:
    """Otherwise it separates nothing, and composites stay whole."""
    isa = ISA.replace("*U*00401*", f"*{separator}*00501*")
    order = a_set(body=("BEG*00*SA*4500123**20260304", "PO1*1*10*EA*2.5**VN*A-1", "MEA*PD*G*5*LB>1", "CTT*1"))
    data = joined(an_interchange(a_group(order, gs=GS.replace("004010", "005010")), isa=isa))
    assert codes(data) == expected
    assert groups(data)[0].status is ACCEPTED


@pytest.mark.parametrize(
    ("start", "end", "expected", "status", "set_codes"),
    [
        ("ST*850*0001", "SE*4*0001", [("se-count", "SE/01", "AK502:4")], REJECTED, ("4",)),
        ("ST*850*0001", "SE**0001", [("se-count", "SE/01", "AK502:4")], REJECTED, ("4",)),
        ("ST*850*0001", "SE*5*0002", [("se-control-number", "SE/02", "AK502:3")], REJECTED, ("3",)),
        ("ST*850*0001", "SE*5", [("se-control-number", "SE/02", "AK502:3")], REJECTED, ("3",)),
        ("ST*850*0001", "SE*9*9999", [("se-count", "SE/01", "AK502:4"), ("se-control-number", "SE/02", "AK502:3")], REJECTED, ("4", "3")),
        ("ST*850*0001", None, [("missing-se", "SE", "AK502:2")], REJECTED, ("2",)),
        ("ST*999*0001", "SE*5*0001", [("set-not-supported", "ST/01", "AK502:1")], REJECTED, ("1",)),
        ("ST*810*0001", "SE*5*0001", [("set-not-of-group", "ST/01", "AK502:6")], REJECTED, ("6", "5")),
        ("ST**0001", "SE*5*0001", [("set-identifier", "ST/01", "AK502:6")], REJECTED, ("6",)),
        ("ST*85O*0001", "SE*5*0001", [("set-identifier", "ST/01", "AK502:6")], REJECTED, ("6",)),
        ("ST*850", "SE*5", [("set-control-number", "ST/02", "AK502:7")], REJECTED, ("7",)),
        ("ST*850*1", "SE*5*1", [("control-number-form", "ST/02", "AK502:7")], WITH_ERRORS, ("7",)),
    ],
)  # fmt: skip
def test_the_ends_of_a_set(
    start: str, end: str | None, expected: list[tuple[str, str, str]], status: SyntaxStatus, set_codes: tuple[str, ...]
) -> None:
    body = [start, *a_set()[1:-1], *([end] if end else [])]
    data = joined(an_interchange(a_group(body)))
    assert [fault for fault in codes(data) if not (fault[2] or "").startswith(("AK3", "AK4"))] == expected
    (read,) = sets(data)
    assert (read.status, read.codes) == (status, set_codes)


def test_one_bad_set_does_not_reject_the_others() -> None:
    bad = a_set(body=["BEG*00*SA*1**20260304"], number="0002")
    (group,) = groups(joined(an_interchange(a_group(a_set(), bad, a_set(number="0003")))))
    assert group.status is PARTIALLY
    assert [verdict.status for verdict in group.verdicts] == [ACCEPTED, REJECTED, ACCEPTED]
    assert (group.claimed, group.received, group.accepted, group.codes) == (3, 3, 2, ())


def test_a_group_of_nothing_but_bad_sets_is_rejected() -> None:
    (group,) = groups(one(body=["BEG*00*SA*1**20260304"]))
    assert (group.status, group.codes, group.accepted) == (REJECTED, (), 0)


def test_a_repeated_control_number_is_told_but_accepted() -> None:
    data = joined(an_interchange(a_group(a_set(), a_set())))
    assert codes(data) == [("set-control-number-repeated", "ST/02", "AK502:23")]
    assert [(read.status, read.codes) for read in sets(data)] == [(ACCEPTED, ()), (WITH_ERRORS, ("23",))]
    assert groups(data)[0].status is WITH_ERRORS


def test_a_set_beyond_the_limit_is_rejected_and_what_follows_is_read() -> None:
    big = a_set(body=[*a_set()[1:-2], *["REF*ZZ*1"] * 50, "CTT*1"], number="0002")
    limits = Limits(set_segments=20)
    data = joined(an_interchange(a_group(a_set(), big, a_set(number="0003"))))
    reads = sets(data, limits)
    assert [read.status for read in reads] == [ACCEPTED, REJECTED, ACCEPTED]
    assert [each.code for each in reads[1].findings] == ["set-too-large"]
    assert reads[1].tree is None
    assert reads[1].segment_count == 55


def test_findings_beyond_the_limit_are_counted() -> None:
    bad = a_set(body=[*a_set()[1:-1], *["ZZZ*1"] * 50])
    (read,) = sets(joined(an_interchange(a_group(bad))), Limits(set_findings=10))
    assert len(read.findings) == 11
    assert read.findings[-1].code == "too-many-findings"
    assert read.findings[-1].message.startswith("40 more")


def test_sets_beyond_the_limit_of_a_group_are_counted() -> None:
    data = joined(an_interchange(a_group(*(a_set(number=f"{number:04}") for number in range(5)))))
    assert codes(data, Limits(group_sets=3)) == [("group-too-large", "ST", None)]
    (group,) = groups(data, Limits(group_sets=3))
    assert (group.received, group.claimed, group.status, group.accepted) == (3, 5, REJECTED, 0)


def test_findings_of_an_envelope_are_bounded() -> None:
    strays = [segment for number in range(30) for segment in (f"XX*{number}", *a_set(number=f"{number:04}"))]
    data = joined(an_interchange([GS, *strays, "GE*30*7"]))
    (group,) = groups(data, Limits(envelope_findings=10))
    assert (len(group.findings), group.status, group.received) == (10, REJECTED, 30)


def test_a_segment_beyond_the_limit_is_a_finding_of_its_set() -> None:
    data = one(body=[*a_set()[1:-2], "MSG*" + "x" * 500, "CTT*1"])
    (read,) = sets(data, Limits(segment_bytes=200))
    assert [(each.code, each.segment, each.segment_index, each.ack_code) for each in read.findings] == [
        ("segment-too-long", "MSG", 4, "AK304:8")
    ]
    assert read.status is REJECTED

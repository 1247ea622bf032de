"""A partner's rules from its profile to what they do: on the way in, in `tally check --partner`, and on the way out."""

import json
from io import BytesIO

import pytest

from canonical.documents import ANY_DOCUMENT
from canonical.identity import PartnerId
from gateway import partner_rules
from gateway.checking import check
from gateway.envelopes import Envelopes
from gateway.profile_sections import PROFILE_SECTIONS
from partners import loading
from partners.agreement import Direction
from partners.loading import LoadedProfile
from spool.states import DocumentState
from translators.x12.tables import STANDARD
from translators.x12.values import CannotWrite

from .house import ACKNOWLEDGEMENT, PROFILES, House, csv, csv_invoice, invoice, order, segments, wrapped

RULES = """\
rules:
  - set: 810
    direction: receive
    changes:
      - name: units
        at: IT1/03
        codes: {only: [EA, CA]}
        message: We are billed by EA and CA.
    checks:
      - name: vendor-number
        must: {present: REF, where: {01: IA}}
        message: Send your vendor number as REF*IA.
      - name: invoice-number
        must: {at: BIG/02, matches: "INV[0-9]+"}
        message: Invoice numbers are INV and digits.
      - name: price
        compare: price
        tolerance: 2 %
        message: Bill the prices of the order.
      - name: quantity
        compare: quantity
        message: Bill no more than was ordered.
        severity: warning
  - set: 850
    direction: send
    changes:
      - {name: no-prices, at: PO1/04, use: forbidden, message: "We know our prices."}
"""

# What is wrong in a profile


def problems(rules: str = "", version: str = "004010") -> list[str]:
    text = PROFILES["acme"].replace('"004010"', f'"{version}"') + rules
    loaded = loading.load(text.encode(), file="partners/acme.yaml", stem="acme", sections=PROFILE_SECTIONS)
    return [] if isinstance(loaded, LoadedProfile) else [str(problem) for problem in loaded]


def test_a_profile_with_rules_is_good() -> None:
    assert problems(RULES) == []


@pytest.mark.parametrize("version", ["004010", "004010VICS", "004020", "004061", "005010X231A1"])
def test_a_version_with_a_table_near_it_can_be_agreed(version: str) -> None:
    assert problems(version=version) == []


@pytest.mark.parametrize("version", ["003060", "006010", "008010"])
def test_a_version_without_a_table_is_told_before_anything_is_sent(version: str) -> None:
    assert problems(version=version) == [
        f'partners/acme.yaml:7: x12.version: nothing can be written in "{version}": no table is near enough. '
        "There are tables for 004010, 004030, 004060, 005010; agree one of them with the partner."
    ]


def test_what_is_no_version_is_told_once() -> None:
    [told] = problems(version="4010")
    assert "is not an X12 version" in told


LINE = PROFILES["acme"].count("\n") + 1
"""On which ``rules:`` stands."""

CHANGE = [
    # what is written of a change for the 850, after what key, and what is said
    ("at: PO1/99, use: required", "at", "PO1 has no element 99, only 01 to 25."),
    ("at: PO1/MEA/04-99, use: required", "at", "MEA04 has no component 99."),
    ("at: PO1/PIDX, use: required", "at", "there is no PIDX in the loop PO1 of a 850. Did you mean PID?"),
    ("at: po1", "at", '"po1" is not a place. Write it as findings do, without numbers of occurrences: '
     "REF, PO1/REF, PO1/REF/02 or PO1/MEA/04-1."),
    ("at: ST/01, use: required", "at", "there is no ST in a 850."),
    ("at: ACK, use: required", "at", "there is no ACK in a 850."),
    ("at: PO1/BEG, use: required", "at", "there is no BEG in the loop PO1 of a 850. It stands in BEG."),
    ("at: PO1/03", "", "changes nothing. Give codes, length, use or max."),
    ("use: required", "", "give either at (a place) or element (a number)."),
    ("at: REF, codes: {only: A}", "codes", "is for elements, but this place is a segment or loop. Add the element: /03."),
    ("at: REF/01, max: 3", "max", "is for segments and loops, but this is an element."),
    ("at: REF, max: 0", "max", '"0" is no number of times. Write 1 or more, or unlimited.'),
    ("at: REF, max: many", "max", '"many" is no number of times. Write 1 or more, or unlimited.'),
    ("at: REF, use: mandatory", "use", '"mandatory" is not one of required, optional or forbidden.'),
    ("at: REF, use:", "use", "has no value. Write one, or remove the key."),
    ("at: PO1/03, codes: {remove: [E]}", "codes.remove", '"E" is not in the standard\'s list. Leave it out.'),
    ("at: PO1/03, codes: {add: [LONG]}", "codes.add", '"LONG" has 4 characters, which the element cannot have. '
     "Correct it, or give length too."),
    ("at: PO1/03, codes: {only: [A], add: [B]}", "codes", "give either only, or add and remove."),
    ("at: PO1/07, codes: {add: [A]}", "codes.add", "the standard has no list here; anything may be sent. Give only."),
    ("at: PO1/MEA/04, length: {max: 3}", "at", "is a composite; codes and length are for its components. Add one: 04-1."),
    ("at: BEG/03, length: {min: 5, max: 3}", "length.min", "min is larger than max."),
    ("at: BEG/03, length: {most: 3}", "length.most", 'is not a known key. Known here: min, max.'),
    ("at: BEG/03, lenght: {max: 3}", "lenght", 'is not a known key. Did you mean "length"?'),
    ("element: 9999, codes: {remove: A}", "element", "no segment of the 850 has the element 9999. "
     "Write its number, such as 355 for a unit of measure."),
    ("at: REF, use: required, severity: fatal", "severity", '"fatal" is not one of error, warning or note.'),
]  # fmt: skip


@pytest.mark.parametrize(("change", "key", "said"), CHANGE, ids=[row[0] for row in CHANGE])
def test_a_mistake_in_a_change_is_told_with_file_line_and_key(change: str, key: str, said: str) -> None:
    rules = f"rules:\n  - set: 850\n    changes:\n      - {{name: r, {change}}}\n"
    whole = "rules[1].changes[1]" + (f".{key}" if key else "")
    [told] = problems(rules)
    assert told.startswith(f"partners/acme.yaml:{LINE + 3}: {whole}: {said}")


CHECK = [
    ("must: {present: REX}", "must.present", "there is no REX in a 810."),
    ("must: {present: REF/01, where: {01: A}}", "must.present", "REF/01 is an element; name the segment or loop."),
    ("must: {present: REF, where: {1: A}}", "must.where", '"1" is not an element (01 to 99).'),
    ("must: {present: REF, where: {09: A}}", "must.where.09", "REF has no element 09, only 01 to 04."),
    ("must: {present: REF, absent: DTM}", "must", "give exactly one of present, absent, at and any_of."),
    ("must: {at: REF, one_of: A}", "must.at", "REF is a segment or loop. Add the element: REF/01."),
    ("must: {at: REF/01}", "must", "give with at, and only with it, one of one_of, none_of, matches, same_as and differs_from."),
    ("must: {at: REF/02, matches: '['}", "must.matches", '"[" is not a regular expression:'),
    ("must: {at: REF/02, matches: '(a+)+b'}", "must.matches", '"(a+)+b" repeats a group'),
    ("must: {at: REF/02, matches: '(A|AA){9}'}", "must.matches", '"(A|AA){9}" repeats a group'),
    ("must: {at: REF/02, matches: '.*.*.*x'}", "must.matches", '".*.*.*x" repeats a group, or has more than 2'),
    ("must: {at: REF/02, same_as: IT1}", "must.same_as", "IT1 is a segment or loop. Add the element: IT1/01."),
    ("each: IT1/01, must: {present: REF}", "each", "IT1/01 is an element; name the segment or loop."),
    ("each: IT1", "", "give either must or compare."),
    ("compare: price, each: IT1", "compare", "compares every line; remove each and when."),
    ("compare: weight", "compare", '"weight" is not one of price or quantity.'),
    ("compare: price, tolerance: much", "tolerance", '"much" is not a tolerance. Write percent, such as 2 % or 0.5 %.'),
    ("must: {present: REF}, tolerance: 2 %", "tolerance", "belongs to compare."),
]  # fmt: skip


@pytest.mark.parametrize(("written", "key", "said"), CHECK, ids=[row[0] for row in CHECK])
def test_a_mistake_in_a_check_is_told_with_file_line_and_key(written: str, key: str, said: str) -> None:
    rules = f"rules:\n  - set: 810\n    checks:\n      - {{name: r, message: m, {written}}}\n"
    whole = "rules[1].checks[1]" + (f".{key}" if key else "")
    [told] = problems(rules)
    assert told.startswith(f"partners/acme.yaml:{LINE + 3}: {whole}: {said}")


OVERLAY = [
    ("set: 999", "set", "there can be no rules for a 999. Possible are 810, "),
    ("set: 850, version: 003010", "version", "there are no tables for it, only 004010, "),
    ("set: 850, version: D96A", "version", '"D96A" is not a version (six digits, e.g. "004010").'),
    ("set: 850, direction: both", "direction", '"both" is not one of send or receive.'),
    ("set: 850, checks: [{name: p, compare: price, message: m}]", "checks[1].compare",
     "only what we receive is compared, a price of 810, 855."),
    ("set: 850, checks: [{name: p, must: {present: REF}}]", "checks[1].message",
     "is missing. Say what the other side should do, as it shall read it."),
    ("set: 850, checks: [{name: P!, message: m, must: {present: REF}}]", "checks[1].name", '"P!" is not a name of a rule'),
    ("set: 850, changes: [{name: r, at: REF, use: required}, {name: r, at: DTM, use: required}]", "changes[2].name",
     '"r" is already the name of a rule for the 850. Rename one.'),
]  # fmt: skip


@pytest.mark.parametrize(("written", "key", "said"), OVERLAY, ids=[row[0] for row in OVERLAY])
def test_a_mistake_around_rules_is_told_with_file_line_and_key(written: str, key: str, said: str) -> None:
    [told] = problems(f"rules:\n  - {{{written}}}\n")
    assert told.startswith(f"partners/acme.yaml:{LINE + 1}: rules[1].{key}: {said}")


def test_every_mistake_is_told_at_once() -> None:
    rules = "rules:\n  - set: 850\n    changes:\n      - {name: a, at: REX, use: required}\n      - {name: b, at: REY, use: required}\n"
    assert [told.split(": ")[1] for told in problems(rules)] == ["rules[1].changes[1].at", "rules[1].changes[2].at"]


# What they do

INVOICE = invoice("INV1").replace("\nIT1", "\nREF*IA*77\nIT1")


@pytest.fixture
def ruled(house: House) -> House:
    """A house in which acme has rules for what it sends, and one order of ours."""
    house.agree("acme", PROFILES["acme"] + RULES.partition("  - set: 850")[0])
    house.send_order()
    house.collect("acme")
    return house


INBOUND = [
    # the invoice, what becomes of it, the rules that findings name, what the supplier is answered
    (INVOICE, DocumentState.DELIVERED, [], ["997 A"]),
    (INVOICE.replace("2.5", "2.55"), DocumentState.DELIVERED, [], ["997 A"]),
    (INVOICE.replace("2.5", "2.56"), DocumentState.REJECTED, ["price"], ["997 R", "notice"]),
    (INVOICE.replace("*8*", "*11*"), DocumentState.DELIVERED, ["quantity"], ["997 A"]),
    (INVOICE.replace("*EA*", "*PK*"), DocumentState.REJECTED, ["units", "price", "quantity"], ["997 R"]),
    (INVOICE.replace("REF*IA", "REF*DP"), DocumentState.REJECTED, ["vendor-number"], ["997 R"]),
    (INVOICE.replace("INV1", "4711"), DocumentState.REJECTED, ["invoice-number"], ["997 R", "notice"]),
    (INVOICE.replace("4500123", "9"), DocumentState.DELIVERED, ["price", "quantity"], ["997 A"]),
    (INVOICE.replace("AB-1", "XX").replace("IT1*1*", "IT1*7*"), DocumentState.REJECTED, ["price", "quantity"], ["997 R", "notice"]),
]  # fmt: skip
WAYS = ["good", "within 2 %", "dear", "too much", "unit", "no number", "odd number", "unknown order", "not ordered"]


@pytest.mark.parametrize(("body", "state", "rules", "answers"), INBOUND, ids=WAYS)
def test_what_comes_is_judged_by_them(
    ruled: House, body: str, state: DocumentState, rules: list[str], answers: list[str]
) -> None:
    data = wrapped("810", body)
    ruled.take("acme", "inv.edi", data)
    [row] = ruled.documents()
    assert (row.state, [each["rule"] for each in row.findings if "rule" in each]) == (state, rules)
    assert ruled.answers("acme") == answers
    ruled.assert_settled()
    checked = check(
        BytesIO(data),
        "inv.edi",
        ruled.gateway.partner("acme"),
        lambda number: ruled.gateway.placed_order("acme", number),
    )
    assert checked.accepted == (state is DocumentState.DELIVERED)
    assert [each.rule for each in checked.findings if each.rule] == rules


def test_the_997_points_at_the_element_and_the_notice_says_it_in_the_partners_words(ruled: House) -> None:
    ruled.take("acme", "a.edi", wrapped("810", INVOICE.replace("*EA*", "*PK*"), 1))
    [answer] = ruled.collect("acme")
    assert [each for each in segments(answer) if each[0] in ("AK3", "AK4", "AK5")] == [
        ["AK3", "IT1", "4", "", "8"],
        ["AK4", "3", "355", "7", "PK"],
        ["AK5", "R", "5"],
    ]
    ruled.take("acme", "b.edi", wrapped("810", INVOICE.replace("2.5", "3"), 2))
    _, notice = ruled.collect("acme")
    assert (
        "- Invoice INV1 was rejected. Rule price: Bill the prices of the order. Line 1 is at 3, ordered at 2.50."
        in notice.decode()
    )


def test_the_finding_of_a_comparison_is_at_its_element(ruled: House) -> None:
    ruled.take("acme", "a.edi", wrapped("810", INVOICE.replace("2.5", "3")))
    [found] = [each for each in ruled.documents()[0].findings if "rule" in each]
    assert (found["path"], found["segment"], found["segment_index"], found["element"], found["value"]) == (
        "IT1[1]/04",
        "IT1",
        4,
        4,
        "3",
    )


def test_everything_that_is_wrong_is_told_at_once(ruled: House) -> None:
    """A set that only rules reject is sound, so it is read and compared all the same."""
    ruled.take(
        "acme", "a.edi", wrapped("810", INVOICE.replace("*8*", "*11*").replace("INV1", "4711").replace("2.5", "3"))
    )
    [row] = ruled.documents()
    assert [each["rule"] for each in row.findings if "rule" in each] == ["invoice-number", "price", "quantity"]
    assert (row.number, row.state) == ("4711", DocumentState.REJECTED)
    assert (row.reason or "").startswith("Rule invoice-number: ")
    answer, notice = ruled.collect("acme")
    assert [each[:4] for each in segments(answer) if each[0] in ("AK3", "AK5")] == [
        ["AK3", "IT1", "4", ""],
        ["AK5", "R", "5"],
    ]
    assert "Invoice 4711 was rejected. Rule invoice-number: " in notice.decode()
    assert "Rule price: Bill the prices of the order. Line 1 is at 3, ordered at 2.50." in notice.decode()


def test_an_acknowledgement_is_compared_by_what_it_promises(house: House) -> None:
    rules = "rules:\n  - set: 855\n    checks:\n      - {name: over, compare: quantity, message: Promise what was ordered.}\n"
    house.agree("acme", PROFILES["acme"] + rules)
    house.send_order()
    promise = ACKNOWLEDGEMENT.format(order="4500123")
    house.take("acme", "a.edi", wrapped("855", promise, 1))
    house.take("acme", "b.edi", wrapped("855", promise.replace("ACK*IQ*8*", "ACK*IQ*12*"), 2))
    assert [row.state for row in house.documents()] == [DocumentState.DELIVERED, DocumentState.REJECTED]


def test_rows_of_csv_are_compared_too(house: House) -> None:
    rules = "rules:\n  - set: 810\n    checks:\n      - {name: price, compare: price, message: Bill the prices of the order.}\n"
    house.agree("beta", PROFILES["beta"] + rules)
    house.take("beta", "a.csv", csv(csv_invoice()))
    [row] = house.documents()
    assert (row.state, row.findings[0]["code"]) == (DocumentState.DELIVERED, "partner-rule-not-judged")


def test_the_JSON_names_the_rule_behind_the_promised_keys(ruled: House) -> None:
    found = check(BytesIO(wrapped("810", INVOICE.replace("*EA*", "*PK*"))), "a.edi", ruled.gateway.partner("acme"))
    told = json.loads(json.dumps(found.as_json()))["findings"][0]
    assert (told["code"], told["rule"], list(told)[-1]) == ("partner-rule", "units", "rule")


def test_without_rules_the_standard_judges(house: House) -> None:
    acme = house.gateway.partner("acme")
    assert partner_rules.tables(acme, Direction.INBOUND) is STANDARD
    assert partner_rules.comparisons(acme, "810", "004010") == ()


def test_what_breaks_the_partners_rules_is_not_sent_and_the_ERP_is_told(house: House) -> None:
    house.agree("acme", PROFILES["acme"] + RULES)
    document = ANY_DOCUMENT.validate_python(order("1"))
    with house.gateway.database.read() as session, pytest.raises(CannotWrite) as caught:
        Envelopes().draft(session, PartnerId("acme"), document)
    told = "lines[1].price (PO1[1]/04): Rule no-prices: We know our prices. PO104 is '2.5', but must not be sent."
    assert told in caught.value.message
    house.place_order(order("1"))
    house.gateway.delivery.pull()
    house.work()
    assert house.outbox("acme") == {}
    assert told in house.statuses()["1 refused"]


@pytest.mark.parametrize(("version", "kept"), [("004010", True), ("005010", False)])
def test_rules_for_what_we_send_are_those_of_the_agreed_version(house: House, version: str, kept: bool) -> None:
    rules = RULES.replace("    direction: send\n", f'    direction: send\n    version: "{version}"\n')
    house.agree("acme", PROFILES["acme"] + rules)
    house.place_order(order("1"))
    house.gateway.delivery.pull()
    house.work()
    assert (house.outbox("acme") == {}) is kept

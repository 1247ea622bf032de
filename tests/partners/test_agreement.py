"""What is agreed follows from the profile that was in force at the moment."""

from datetime import UTC, datetime, timedelta

import pytest

from canonical.documents import ANY_DOCUMENT
from canonical.errors import NotFound
from canonical.identity import PartnerId
from partners import registry
from partners.agreement import SET_OF_DOCUMENT, Address, Agreement, Direction, NotAgreed, Reason, in_force
from partners.profile import SETS
from partners.x12_terms import PartlyGood
from spool.database.port import Database

from .samples import GOOD, edited, loaded

ACME = PartnerId("acme")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
US, THEM = Address("ZZ", "OURCO", "OURCO"), Address("01", "123456789", "123456789")
INBOUND, OUTBOUND = Direction.INBOUND, Direction.OUTBOUND


def agreed(
    database: Database, set_id: str, direction: Direction, text: str = GOOD, moment: datetime | None = None
) -> Agreement | NotAgreed:
    database.write(lambda session: registry.apply(session, [loaded(text)], at=NOON, by="pat"))
    with database.read() as session:
        return in_force(session, ACME, set_id, direction, moment=moment)


def test_an_order_goes_from_us_to_them(database: Database) -> None:
    agreement = agreed(database, "850", OUTBOUND)
    assert isinstance(agreement, Agreement)
    assert (agreement.partner, agreement.partner_name, agreement.profile_version) == ("acme", "Acme Supplies", 1)
    x12 = agreement.x12
    assert x12 is not None
    assert (x12.sender, x12.receiver) == (US, THEM)
    assert (x12.version, x12.interchange_version, x12.test) == ("004010", "00401", True)
    assert (x12.element, x12.component, x12.segment, x12.repetition) == ("*", ">", "~", None)
    assert x12.encoding == "utf-8"
    assert x12.acknowledge
    assert x12.partly_good_groups is PartlyGood.SPLIT
    assert x12.answer_time == timedelta(hours=24)


def test_an_invoice_comes_from_them_to_us(database: Database) -> None:
    agreement = agreed(database, "810", INBOUND)
    assert isinstance(agreement, Agreement)
    assert agreement.x12 is not None
    assert (agreement.x12.sender, agreement.x12.receiver) == (THEM, US)


def test_every_term_is_taken_from_the_profile(database: Database) -> None:
    text = edited(
        ("id: OURCO", "id: OURCO\n    group_id: DEPT7"),
        (
            "usage: T",
            'usage: P\n  version: 005010\n  encoding: windows-1252\n  delimiters: {element: "|", component: ":", segment: "\\n"}\n'
            "  acknowledgement: {send: no, partly_good_groups: whole}\n  acknowledge_within: never",
        ),
    )
    agreement = agreed(database, "850", OUTBOUND, text)
    assert isinstance(agreement, Agreement)
    x12 = agreement.x12
    assert x12 is not None
    assert x12.sender == Address("ZZ", "OURCO", "DEPT7")
    assert (x12.version, x12.interchange_version, x12.test) == ("005010", "00501", False)
    assert (x12.element, x12.component, x12.segment, x12.repetition) == ("|", ":", "\n", "^")
    assert x12.encoding == "windows-1252"
    assert (x12.acknowledge, x12.partly_good_groups, x12.answer_time) == (False, PartlyGood.WHOLE, None)


QUIET = edited(("usage: T", "usage: T\n  acknowledgement: {send: no}"))
FOLDER = "partner: acme\nname: Acme\nfolder: true\ncsv: [{}]\ndocuments: {receive: [810]}\n"
EXCHANGED = [
    (GOOD, "850", OUTBOUND, None),
    (
        GOOD,
        "850",
        INBOUND,
        "We do not receive 850 from Acme Supplies. Add 850 to documents.receive in partners/acme.yaml.",
    ),
    (GOOD, "810", OUTBOUND, "We do not send 810 to Acme Supplies. Add 810 to documents.send in partners/acme.yaml."),
    (GOOD, "997", INBOUND, None),
    (GOOD, "997", OUTBOUND, None),
    (QUIET, "997", INBOUND, None),
    (
        QUIET,
        "997",
        OUTBOUND,
        "We do not send 997 to Acme Supplies. Set x12.acknowledgement.send in partners/acme.yaml.",
    ),
    (FOLDER, "810", INBOUND, None),
    (FOLDER, "997", INBOUND, "We do not receive 997 from Acme. Add a section x12 to partners/acme.yaml."),
    (FOLDER, "997", OUTBOUND, "We do not send 997 to Acme. Add a section x12 to partners/acme.yaml."),
]


@pytest.mark.parametrize(("text", "set_id", "direction", "refusal"), EXCHANGED)
def test_what_is_exchanged(
    database: Database, text: str, set_id: str, direction: Direction, refusal: str | None
) -> None:
    agreement = agreed(database, set_id, direction, text)
    if refusal is None:
        assert isinstance(agreement, Agreement)
    else:
        assert isinstance(agreement, NotAgreed)
        assert agreement.reason is Reason.NOT_EXCHANGED
        assert agreement.message == refusal.removesuffix(".") + " and apply it."
        assert "partners/" not in agreement.partner_message


def test_nothing_is_exchanged_with_a_suspended_partner(database: Database) -> None:
    refusal = agreed(database, "850", OUTBOUND, GOOD + "status: suspended\n")
    assert isinstance(refusal, NotAgreed)
    assert refusal.reason is Reason.SUSPENDED
    assert refusal.message == "Acme Supplies is suspended. Set status: active in partners/acme.yaml and apply it."


def test_the_moment_decides(database: Database) -> None:
    database.write(lambda session: registry.apply(session, [loaded()], at=NOON, by="pat"))
    later = NOON + timedelta(hours=2)
    changed = loaded(edited(("usage: T", "usage: P")))
    database.write(lambda session: registry.apply(session, [changed], at=later, by="pat"))
    with database.read() as session:
        then = in_force(session, ACME, "850", OUTBOUND, moment=NOON + timedelta(hours=1))
        now = in_force(session, ACME, "850", OUTBOUND)
        before = in_force(session, ACME, "850", OUTBOUND, moment=NOON - timedelta(hours=1))
    assert isinstance(then, Agreement)
    assert isinstance(now, Agreement)
    assert isinstance(before, NotAgreed)
    assert (then.profile_version, now.profile_version, before.reason) == (1, 2, Reason.NOT_IN_FORCE)


@pytest.mark.parametrize(
    ("partner", "said"),
    [
        ("amce", "There is no partner amce. Did you mean acme?"),
        ("zzz", "There is no partner zzz. `tally partner list` shows those there are."),
    ],
)
def test_an_unknown_partner_is_told_with_a_suggestion(database: Database, partner: str, said: str) -> None:
    database.write(lambda session: registry.apply(session, [loaded()], at=NOON, by="pat"))
    with database.read() as session, pytest.raises(NotFound) as raised:
        in_force(session, PartnerId(partner), "850", OUTBOUND)
    assert raised.value.message == said


def test_every_business_document_has_a_set() -> None:
    schema = ANY_DOCUMENT.json_schema()
    types = set(schema["discriminator"]["mapping"])
    assert set(SET_OF_DOCUMENT) == types - {"InterchangeAcknowledgement"}
    assert set(SET_OF_DOCUMENT.values()) == {*SETS, "997"}

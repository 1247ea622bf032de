"""`tally doc`, `trail` and `order`: what they print and how they end, and that what they are asked for must exist."""

import pytest

from gateway.cli.console import Exit
from spool import journal
from spool.journal import Step
from tests.gateway.house import House, invoice, wrapped
from tests.gateway.operations.scene import FILES, INBOUND, OUTBOUND

from .calling import ME, Tally

WHY = ("--reason", "the profile was wrong")


def _delivered(house: House) -> str:
    """Another invoice than those of the scene."""
    house.take("acme", "other.edi", wrapped("810", invoice("INV9", "4500999"), 9))
    return house.documents(number="INV9")[0].id


def test_a_state_that_does_not_exist_is_told(tally: Tally) -> None:
    called = tally("doc", "list", "--state", "quarantine")
    assert called.code == Exit.USAGE
    assert "'quarantined'" in called.err
    assert tally("doc", "list", "--state", "quarantined").code == Exit.YES


@pytest.mark.parametrize("since", ["yesterday", "2026-02-30", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00+14:00"])
def test_a_moment_that_is_none_is_told(house: House, tally: Tally, since: str) -> None:
    called = tally("trail", "--partner", "acme", "--since", since)
    assert called.code == Exit.USAGE
    assert f'--since "{since}" is not a day or a moment' in called.err


class TestByHand:
    def test_what_was_done_is_one_line_of_json_each(self, house: House, tally: Tally) -> None:
        document = INBOUND["dead"](house)
        called = tally("--json", "doc", "retry", document, *WHY)
        assert called.code == Exit.YES
        assert called.json == {
            "id": document,
            "done": True,
            "what": "document",
            "state": "pending",
            "did": "Its work is tried again now.",
            "replay": None,
            "held": None,
        }
        house.work()
        assert house.documents()[0].state == "delivered"

    def test_a_replay_names_what_was_made(self, house: House, tally: Tally) -> None:
        document = INBOUND["quarantined"](house)
        made = tally("--json", "doc", "replay", document, *WHY, "--profile", "then").json
        assert made["state"] == "quarantined"
        assert made["replay"] == house.receipts()[-1].id
        house.work()
        listed = {row["id"]: row for row in tally("--json", "doc", "list").json["documents"]}
        anew = f"{made['replay']}-000001"
        assert (listed[document]["state"], listed[document]["duplicate_of"]) == ("duplicate", anew)
        assert (listed[anew]["state"], listed[anew]["replays"]) == ("quarantined", document)

    def test_what_makes_no_sense_is_no_and_says_what_helps(self, house: House, tally: Tally) -> None:
        document = INBOUND["delivered"](house)
        called = tally("doc", "cancel", document, *WHY)
        assert (called.code, called.out) == (Exit.NO, "")
        assert "The ERP has document" in called.err
        called = tally("--json", "doc", "replay", document, *WHY)
        assert called.code == Exit.NO
        assert called.json["done"] is False
        assert "--redeliver" in called.json["why"]

    def test_of_several_the_possible_ones_are_done(self, house: House, tally: Tally) -> None:
        file, document = FILES["quarantined"](house), INBOUND["delivered"](house)
        called = tally("--json", "doc", "cancel", document, file, *WHY)
        assert called.code == Exit.NO
        assert [line["done"] for line in called.lines] == [False, True]

    @pytest.mark.parametrize("verb", ["retry", "replay", "cancel"])
    def test_of_several_those_that_exist_are_done_though_one_does_not(
        self, house: House, tally: Tally, verb: str
    ) -> None:
        dead, delivered = INBOUND["dead"](house), _delivered(house)
        called = tally("--json", "doc", verb, "x", delivered, dead, *WHY)
        assert called.code == Exit.USAGE
        assert [(line["id"], line["done"]) for line in called.lines] == [("x", False), (delivered, False), (dead, True)]
        assert "no document, file or transmission x" in called.lines[0]["why"]

    def test_each_that_does_not_exist_is_told_to_people(self, tally: Tally) -> None:
        called = tally("doc", "retry", "x", "y", *WHY)
        assert called.code == Exit.USAGE
        assert [line.partition(".")[0] for line in called.err.splitlines()] == [
            f"tally: There is no document, file or transmission {name}" for name in "xy"
        ]

    @pytest.mark.parametrize("verb", ["retry", "replay", "cancel"])
    def test_what_does_not_exist_is_wrong_usage(self, tally: Tally, verb: str) -> None:
        called = tally("doc", verb, "x", *WHY)
        assert called.code == Exit.USAGE
        assert "no document, file or transmission x" in called.err

    @pytest.mark.parametrize("verb", ["retry", "replay", "cancel"])
    @pytest.mark.parametrize("reason", [(), ("--reason", " ")])
    def test_a_reason_is_required(self, house: House, tally: Tally, verb: str, reason: tuple[str, ...]) -> None:
        document = INBOUND["dead"](house)
        called = tally("doc", verb, document, *reason)
        assert called.code == Exit.USAGE
        assert "--reason" in called.err
        assert house.documents()[0].state == "dead"

    def test_the_trail_says_who_and_why(self, house: House, tally: Tally) -> None:
        document = OUTBOUND["overdue"](house)
        tally("doc", "retry", document, "--reason", "they lost it")
        house.work()
        told = tally("trail", "--po", "4500123").out
        assert f"by {ME}: they lost it" in told
        [entry] = [each for each in tally("--json", "trail", "--po", "4500123").json if each["step"] == "retried"]
        assert (entry["actor"], entry["outcome"], entry["document_id"]) == (ME, "they lost it", document)

    def test_the_trail_of_a_file_is_asked_for_by_its_id(self, house: House, tally: Tally) -> None:
        file = FILES["quarantined"](house)
        tally("doc", "cancel", file, *WHY)
        steps = [entry["step"] for entry in tally("--json", "trail", "--doc", file).json]
        assert steps == ["received", "quarantined", "acknowledged", "sent", "cancelled"]

    def test_the_list_says_what_is_a_replay(self, house: House, tally: Tally) -> None:
        document = INBOUND["rejected"](house)
        tally("doc", "replay", document, *WHY)
        house.work()
        assert f"Replays {document}." in tally("doc", "list").out
        assert "replays" in tally("doc", "show", document).out


PARTNERS = "There are acme, beta, cargo."


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("doc", "list", "--partner", "acne"), f"There is no partner acne. Did you mean acme? {PARTNERS}"),
        (("trail", "--partner", "zebra"), f"There is no partner zebra. {PARTNERS}"),
        (("trail", "--po", "1", "--partner", "zebra"), f"There is no partner zebra. {PARTNERS}"),
        (("order", "list", "--partner", "Acme"), f"There is no partner Acme. Did you mean acme? {PARTNERS}"),
        (("order", "show", "1", "--partner", "zebra"), f"There is no partner zebra. {PARTNERS}"),
        (
            ("doc", "list", "--type", "invoices"),
            "There is no type of document invoices. Did you mean Invoice? There are PurchaseOrder,",
        ),
    ],
)
def test_a_name_that_does_not_exist_is_told_with_those_that_do(
    tally: Tally, command: tuple[str, ...], told: str
) -> None:
    called = tally(*command)
    assert called.code == Exit.USAGE
    assert called.out == ""
    assert called.err.startswith(f"tally: {told}")


@pytest.mark.parametrize(
    "command",
    [
        ("doc", "list", "--partner", "acme"),
        ("doc", "list", "--type", "Invoice"),
        ("doc", "list", "--type", "X12 753"),
        ("trail", "--partner", "cargo"),
    ],
)
def test_what_exists_may_have_nothing_to_show(tally: Tally, command: tuple[str, ...]) -> None:
    assert tally(*command).code == Exit.YES


def test_bytes_that_somebody_took_are_on_record(house: House, tally: Tally) -> None:
    document = _delivered(house)
    assert "INV9" in tally("doc", "raw", document).out
    assert tally("doc", "raw", "nothing").code == Exit.USAGE
    with house.gateway.database.read() as session:
        read = [(entry.actor, entry.outcome) for entry in journal.latest(session) if entry.step is Step.READ]
    assert read == [(ME, f"bytes of {document}")]

"""The trail: everything that belongs to an order, a document, an invoice or a partner, and nothing else."""

from datetime import timedelta

import pytest

from canonical.errors import NotFound
from canonical.identity import DocumentId, PartnerId
from gateway import trail
from gateway.trail import TrailEntry

from .house import (
    ACKNOWLEDGEMENT,
    NOON,
    House,
    csv,
    csv_invoice,
    group,
    interchange,
    invoice,
    order,
    transaction_set,
    wrapped,
)

ANSWER = "AK1*PO*{n}\nAK2*850*{n:04d}\nAK5*A\nAK9*A*1*1*1"


def told(entries: list[TrailEntry]) -> list[str]:
    return [f"{entry.step} {entry.subject}".strip() for entry in entries]


def of_document(house: House, document: str) -> list[TrailEntry]:
    with house.gateway.database.read() as session:
        return list(trail.of_document(session, DocumentId(document)))


def of_invoice(house: House, number: str) -> list[TrailEntry]:
    with house.gateway.database.read() as session:
        return list(trail.of_invoice(session, number))


def test_an_order_is_told_from_its_beginning_both_ways(house: House) -> None:
    """Out, the partner's answer to it, what comes about it, and our answers to that."""
    house.send_order("4500123")
    house.gateway.reception.front.collected(PartnerId("acme"), "850_4500123_000000001.edi", "downloaded")
    house.take("acme", "997.edi", wrapped("997", ANSWER.format(n=1), 1))
    house.take("acme", "855.edi", wrapped("855", ACKNOWLEDGEMENT.format(order="4500123"), 2))
    entries = list(house.trail("4500123"))
    steps = [entry.step for entry in entries]
    assert steps[:4] == ["submitted", "built", "sent", "collected"]
    assert steps.count("matched") == 2
    assert {"received", "translated", "parsed", "acknowledged", "delivered"} <= set(steps)
    assert [entry.id for entry in entries] == sorted(entry.id for entry in entries)
    assert "delivered 855 PurchaseOrderAcknowledgement 4500123" in told(entries)
    assert "sent 997 FunctionalAcknowledgement 2" in told(entries)


def test_other_orders_of_the_same_file_are_not_told(house: House) -> None:
    mine, other = invoice("MINE", "A"), invoice("OTHER", "B")
    house.take(
        "acme",
        "both.edi",
        interchange(group(transaction_set("810", mine, "0001"), transaction_set("810", other, "0002"))),
    )
    for number, name, stranger in (("A", "MINE", "OTHER"), ("B", "OTHER", "MINE")):
        entries = list(house.trail(number))
        subjects = " ".join(told(entries))
        assert f"810 Invoice {name}" in subjects
        assert f"810 Invoice {stranger}" not in subjects
        assert {entry.document_id for entry in entries if entry.step in ("translated", "delivered")} == {
            row.id for row in house.documents(number=name)
        }
        assert {"received", "parsed", "acknowledged", "sent"} <= {entry.step for entry in entries}


def test_other_files_are_not_told(house: House) -> None:
    for n, number in enumerate(("A", "B"), 1):
        house.send_order(number)
        house.take("acme", f"997-{n}.edi", wrapped("997", ANSWER.format(n=n), n))
        house.take("acme", f"810-{n}.edi", wrapped("810", invoice(f"INV-{number}", number), n + 10))
    house.take("beta", "inv.csv", csv(csv_invoice("INV-C", "C")))
    for number, others in (("A", "BC"), ("B", "AC"), ("C", "AB")):
        entries = list(house.trail(number))
        documents = {entry.document_id for entry in entries if entry.document_id}
        foreign = {
            row.id
            for other in others
            for row in (*house.documents(number=f"INV-{other}"), *house.documents("outbound", number=other))
        }
        assert documents
        assert not documents & foreign


def test_a_rejected_document_is_in_the_trail_of_its_order(house: House) -> None:
    house.take("acme", "bad.edi", wrapped("810", invoice("INV1").replace("*EA*", "*QQ*")))
    steps = {entry.step: entry for entry in house.trail("4500123")}
    assert steps["rejected"].outcome == "IT103 is 'QQ', which is not in the code list of element 355."
    assert "sent" in steps


def test_an_order_nobody_names_is_not_found(house: House) -> None:
    with pytest.raises(NotFound, match="No document names purchase order 1"):
        house.trail("1")


def test_one_number_at_two_partners_can_be_told_apart(house: House) -> None:
    house.send_order("7")
    house.place_order(order("7", "cargo"), name="cargo.json")
    house.gateway.delivery.pull()
    house.work()
    with house.gateway.database.read() as session:
        assert {entry.partner for entry in trail.of_order(session, "7")} == {"acme", "cargo"}
        assert {entry.partner for entry in trail.of_order(session, "7", "cargo")} == {"cargo"}


def test_a_document(house: House) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice("INV1")))
    [row] = house.documents()
    steps = [entry.step for entry in of_document(house, row.id)]
    assert steps[:5] == ["received", "translated", "parsed", "built", "acknowledged"]
    assert sorted(steps[5:]) == ["delivered", "sent"]
    with pytest.raises(NotFound, match="There is no document or file x"):
        of_document(house, "x")


def test_an_invoice_from_any_partner(house: House) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice("INV1")))
    house.take("beta", "inv.csv", csv(csv_invoice("INV1")))
    assert {entry.partner for entry in of_invoice(house, "INV1")} == {"acme", "beta"}
    with pytest.raises(NotFound, match="There is no invoice INV2"):
        of_invoice(house, "INV2")


def test_a_partner_since_a_moment(house: House) -> None:
    house.take("acme", "a.edi", b"")
    house.take("beta", "b.csv", b"")
    house.later(hours=1)
    house.take("acme", "c.edi", b"x")
    with house.gateway.database.read() as session:
        everything = trail.of_partner(session, PartnerId("acme"))
        lately = trail.of_partner(session, PartnerId("acme"), NOON + timedelta(minutes=30))
    assert {entry.partner for entry in everything} == {"acme"}
    assert [entry.subject for entry in everything if entry.step == "received"] == ["a.edi", "c.edi"]
    assert [entry.subject for entry in lately if entry.step == "received"] == ["c.edi"]
    assert len([entry for entry in everything if entry.step != "agreed"]) == 2 * len(lately)


def test_an_order_that_was_refused_at_once_is_found_by_its_number(house: House) -> None:
    house.place_order(order("777", partner="nobody"))
    house.gateway.delivery.pull()
    with house.gateway.database.read() as session:
        [entry] = trail.of_order(session, "777")
        assert list(trail.of_order(session, "777", "nobody")) == [entry]
    assert (entry.step, entry.partner, entry.subject) == ("rejected", "nobody", "order 777 from the ERP")
    assert "nobody" in entry.outcome


MODE = "automatic-action/MDN-sent-automatically; "


@pytest.mark.parametrize(
    ("step", "outcome", "detail", "words"),
    [
        ("answered", f"{MODE}processed", {}, "MDN given: processed"),
        ("answered", f"{MODE}processed", {"url": "http://acme.example/mdn"}, "MDN posted: processed"),
        ("confirmed", f"The partner says: {MODE}processed.", {}, "The partner says: processed."),
        ("declined", f"The partner says: {MODE}processed/error: x.", {}, "The partner says: processed/error: x."),
        (
            "turned_away",
            "It is not signed.",
            {"disposition": f"{MODE}processed/error: authentication-failed"},
            "It is not signed. MDN: processed/error: authentication-failed",
        ),
        ("overdue", "No MDN came.", {}, "No MDN came."),
    ],
)
def test_receipts_are_told_without_what_is_the_same_in_all(
    step: str, outcome: str, detail: dict[str, str], words: str
) -> None:
    entry = TrailEntry(1, NOON, step, "acme", "", outcome, None, None, None, "tallystick", detail)
    assert trail.in_words(entry) == words

"""The page in a bundle: all of it there, every text escaped, nothing fetched."""

from dataclasses import replace

from gateway.ledger.evidence import report
from gateway.ledger.evidence.bundle import Message, Place
from gateway.ledger.evidence.manifest import Subject
from tests.gateway.test_page import Seen

from . import making, tampering


def seen(page: str) -> Seen:
    found = Seen(page)
    assert found.open == []
    return found


def test_it_tells_what_happened_in_the_order_of_the_entries() -> None:
    text = seen(report.page(making.evidence())).text
    assert "Evidence about document d1" in text
    steps = ["received", "parsed", "validated", "acknowledged", "delivered", "sent", "pruned"]
    places = [
        text.index(f"2026-11-26 12:{minute:02}:00{step}")
        for step, minute in zip(steps, (2, 4, 5, 6, 7, 8, 10), strict=True)
    ]
    assert places == sorted(places)
    assert "acme" in text


def test_it_says_what_was_erased() -> None:
    text = seen(report.page(making.evidence())).text
    assert "its details were erased, as entry 9 records" in text
    assert "The payload “received” of entry 8 was erased, as entry 9 records." in text


def test_it_names_the_key_and_how_to_verify_and_that_it_proves_nothing_itself() -> None:
    text = seen(report.page(making.evidence())).text
    assert making.TRUST in text
    assert "python3 verify.py BUNDLE.zip --trust KEY" in text
    assert "the first 11 entries" in text
    assert "the ledger of 6 entries" in text
    assert "What is proved is what the verifier says, not what stands here." in text


def test_every_link_leads_to_a_member_of_the_bundle() -> None:
    links = {attributes["href"] for tag, attributes in seen(report.page(making.evidence())).elements if tag == "a"}
    assert links <= set(tampering.GOOD)
    assert {name for name in tampering.GOOD if name.startswith(("payloads/", "documents/", "ledger/details/"))} <= links


def test_whatever_is_told_stays_text() -> None:
    bad = "<script>alert(1)</script>\u202e"
    made = replace(
        making.evidence(),
        subject=Subject(kind="order", id=bad),
        messages=[Message(bad, f"as2/{bad}", "certificates/x.pem", Place(0, 1), False, None, mic=bad)],
    )
    page = seen(report.page(made))
    assert not [tag for tag, _ in page.elements if tag == "script"]
    assert "purchase order <script>alert(1)</script>\ufffd" in page.text


def test_nothing_is_fetched() -> None:
    page = report.page(making.evidence())
    assert "default-src 'none'" in page
    assert not [attributes for _, attributes in seen(page).elements if "src" in attributes]

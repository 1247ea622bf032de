"""A test message tells where on the way to the partner something is wrong, and leaves nothing behind that counts as trade."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import func, select

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from gateway.as2.disposition import PROCESSED, Disposition, Reason, refused
from gateway.as2.mdn import Facts, write_mdn
from gateway.as2.quirks import STANDARD
from gateway.exceptions import Exceptions
from gateway.exchange.sendings import Sending
from gateway.exchange.trial import Trial
from gateway.operations.instruction import Instruction
from gateway.trail import in_words, of_partner
from spool.documents import DocumentRow
from spool.states import MessageState
from tests.gateway.as2.keys import own
from tests.gateway.house import PROFILES

from .partner import PartnerServer, Posted, Spoken, partner_server, spoken
from .scene import Scene, scene
from .wire import Named


def tried(made: Scene) -> Trial:
    return made.distributor.house.gateway.try_out("acme")


def signs(trial: Trial) -> dict[str, bool | None]:
    return {step.name: step.good for step in trial.steps}


def told(trial: Trial, name: str) -> str:
    [text] = [step.told for step in trial.steps if step.name == name]
    return text


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as found:
        yield found


ARRIVED = {
    "message": True,
    "signed": True,
    "encrypted": True,
    "connection": True,
    "tls": None,
    "http": True,
    "mdn": True,
    "signature": True,
    "disposition": True,
    "mic": True,
}


def test_a_good_way_is_good_in_every_step(made: Scene) -> None:
    trial = tried(made)
    assert (trial.accepted, signs(trial)) == (True, ARRIVED)
    theirs = made.supplier.house.gateway.custody.own()
    assert theirs.subject in told(trial, "signature")
    assert told(trial, "disposition") == "processed."
    [state] = states(made)
    assert state is MessageState.CONFIRMED


def states(made: Scene) -> list[MessageState]:
    with made.distributor.house.gateway.database.read() as session:
        return list(session.scalars(select(Sending.state)))


def test_no_document_of_either_side_comes_of_it_and_both_are_told(made: Scene) -> None:
    trial = tried(made)
    made.work()
    for site in (made.distributor, made.supplier):
        with site.house.gateway.database.read() as session:
            assert session.scalar(select(func.count()).select_from(DocumentRow)) == 0
        site.house.assert_settled()
    assert made.supplier.house.receipts() == []
    assert made.distributor.house.receipts() == []
    with made.supplier.house.gateway.database.read() as session:
        story = {(entry.step, entry.subject, in_words(entry)) for entry in of_partner(session, PartnerId("ourcompany"))}
        assert Exceptions().set_aside(session) == []
    assert ("tried", f"message <{trial.message_id}>", "A test message came. MDN: processed") in story
    with made.distributor.house.gateway.database.read() as session:
        story = {(entry.step, entry.subject, in_words(entry)) for entry in of_partner(session, trial.partner)}
    assert ("confirmed", f"message {trial.message_id}", "The partner says: processed.") in story


def test_an_asynchronous_receipt_is_not_there_yet_and_it_is_said_how_to_see_it(made: Scene) -> None:
    made.agree("  mdn_delivery: asynchronous\n", "")
    trial = tried(made)
    assert trial.accepted is None
    assert (signs(trial)["http"], signs(trial)["mdn"]) == (True, None)
    assert "tally trail --partner acme" in told(trial, "mdn")
    made.work()
    assert states(made) == [MessageState.CONFIRMED]


@pytest.mark.parametrize(
    ("ours", "step", "good", "words"),
    [
        ("  mdn: none\n", "mdn", None, "None was asked for"),
        ("  mdn: unsigned\n", "signature", None, "not signed, as was agreed"),
        ("  sign: none\n", "disposition", False, "Compare as2.sign and as2.encrypt"),
        ("  encrypt: none\n", "disposition", False, "insufficient-message-security"),
        ("  compress: after-signing\n", "message", True, "compressed after signing"),
    ],
)
def test_what_was_agreed_otherwise_shows_in_its_step(
    made: Scene, ours: str, step: str, good: bool | None, words: str
) -> None:
    made.agree(ours, "")
    trial = tried(made)
    assert signs(trial)[step] is good
    assert words in told(trial, step)
    assert trial.accepted is {"mdn": None, "disposition": False}.get(step, True)


def move(made: Scene, url: str) -> None:
    made.distributor.house.amend("acme", (made.supplier.url, url))


def test_nobody_there(made: Scene) -> None:
    move(made, "http://127.0.0.1:9/as2")
    trial = tried(made)
    assert trial.accepted is False
    assert trial.steps[-1].name == "connection"
    assert "Nobody takes a connection" in told(trial, "connection")


def test_no_tls_there(made: Scene) -> None:
    move(made, made.supplier.url.replace("http:", "https:"))
    trial = tried(made)
    assert (trial.accepted, trial.steps[-1].good) == (False, False)
    assert trial.steps[-1].name == "tls"


def test_a_wrong_path(made: Scene) -> None:
    move(made, made.supplier.url.replace("/as2", "/nix"))
    trial = tried(made)
    assert (trial.accepted, trial.steps[-1].name) == (False, "http")
    assert "404" in told(trial, "http")


@contextmanager
def answering(made: Scene, spoken: Spoken) -> Iterator[PartnerServer]:
    """The partner's server says this, whatever it is posted."""
    with partner_server(lambda _: spoken) as server:
        move(made, server.url)
        yield server


@pytest.mark.parametrize(
    ("fields", "when"),
    [((("Retry-After", "90"),), "in 90 s, for which it asks"), ((), "send another test in a while")],
    ids=["says when", "says nothing"],
)
def test_a_server_that_takes_nothing_now(made: Scene, fields: tuple[tuple[str, str], ...], when: str) -> None:
    with answering(made, Spoken(503, fields)):
        trial = tried(made)
    assert (trial.accepted, trial.steps[-1].name) == (False, "http")
    assert "too busy, or being maintained" in told(trial, "http")
    assert when in told(trial, "http")
    assert "It is tried again" not in told(trial, "http")


def test_a_server_that_fails(made: Scene) -> None:
    page = Spoken(502, (("Content-Type", "text/html"),), b"<title>Bad Gateway</title>")
    with answering(made, page):
        trial = tried(made)
    assert trial.steps[-1].name == "http"
    assert "answered 502 with a web page, 'Bad Gateway'." in told(trial, "http")
    assert "what its log says of 2026-11-21 12:00 UTC" in told(trial, "http")


def test_a_web_page_instead_of_a_receipt(made: Scene) -> None:
    page = Spoken(200, (("Content-Type", "text/html; charset=utf-8"),), b"<html><title>Log in</title></html>")
    with answering(made, page):
        trial = tried(made)
        assert (trial.accepted, trial.steps[-1].name) == (False, "mdn")
        assert "is a web page, 'Log in', and no receipt" in told(trial, "mdn")
        assert "host, port and path of as2.url" in told(trial, "mdn")
        made.distributor.house.amend("acme", ("networks:", "mdn_delivery: asynchronous\n  networks:"))
        trial = tried(made)
        assert (trial.accepted, trial.steps[-1].good) == (None, None)
        assert "with a web page, 'Log in'" in told(trial, "mdn")


def test_words_instead_of_a_receipt(made: Scene) -> None:
    with answering(made, Spoken(200, (("Content-Type", "text/plain"),), b"Thank you.")):
        trial = tried(made)
    assert (trial.accepted, trial.steps[-1].name) == (False, "mdn")
    assert "This is no MDN but 'text/plain'." in told(trial, "mdn")


@pytest.mark.parametrize(
    ("disposition", "said", "advice"),
    [
        (PROCESSED, "It says: processed.", "as2.mdn: unsigned"),
        (refused(Reason.UNKNOWN_TRADING_PARTNER), "unknown-trading-partner", "compare the AS2 names"),
    ],
    ids=["accepted", "refused"],
)
def test_an_unsigned_receipt_where_a_signed_one_was_asked_for(
    made: Scene, disposition: Disposition, said: str, advice: str
) -> None:
    def unsigned(posted: Posted) -> Spoken:
        facts = Facts("ACME", "OURCOMPANY", posted.message_id, disposition, "Received.", None)
        now = made.distributor.house.clock.now()
        return spoken(write_mdn(facts, None, url=None, quirks=STANDARD, now=now, fresh=Named()))

    with partner_server(unsigned) as server:
        move(made, server.url)
        trial = tried(made)
    assert (trial.accepted, trial.steps[-1].name, trial.steps[-1].good) == (False, "signature", False)
    assert "nothing shows that the partner wrote it" in told(trial, "signature")
    assert said in told(trial, "signature")
    assert advice in told(trial, "signature")


def test_a_certificate_that_the_partner_does_not_know(made: Scene) -> None:
    custody = made.distributor.house.gateway.custody
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "NEW")])
    now = made.distributor.house.clock.now()
    custody.generate(subject, bits=2048, days=30, begins=now + timedelta(hours=1), by="tests")
    made.distributor.house.later(hours=2)
    made.supplier.house.later(hours=2)
    trial = tried(made)
    assert (trial.accepted, trial.steps[-1].name) == (False, "disposition")
    assert "tally cert export" in told(trial, "disposition")


def test_a_receipt_by_a_certificate_that_we_do_not_know(made: Scene) -> None:
    gateway = made.distributor.house.gateway
    [theirs] = [each.row for each in gateway.custody.all("acme")]
    gateway.custody.take(
        "acme",
        own("SOMEBODY").certificate,
        use=theirs.use,
        begins=None,
        keep_previous=timedelta(0),
        by="tests",
    )
    gateway.custody.withdraw(theirs.id, Instruction("tests", "never mind"))
    made.agree("  encrypt: none\n", "  must_encrypt: no\n")
    trial = tried(made)
    assert (trial.accepted, trial.steps[-1].name) == (False, "signature")
    assert "not accepted for this partner" in told(trial, "signature")
    assert states(made) == [MessageState.UNPROVEN]


def test_without_a_key_nothing_leaves(made: Scene) -> None:
    gateway = made.distributor.house.gateway
    gateway.custody.withdraw(gateway.custody.own().id, Instruction("tests", "stolen"))
    trial = tried(made)
    assert (trial.accepted, [step.name for step in trial.steps]) == (False, ["message"])
    assert "tally key generate" in told(trial, "message")


def test_a_partner_without_as2_cannot_be_tried(made: Scene) -> None:
    house = made.distributor.house
    house.agree("beta", PROFILES["beta"])
    with pytest.raises(Misconfigured, match="section as2 with a url"):
        house.gateway.try_out("beta")

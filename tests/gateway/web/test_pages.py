"""The pages: what an auditor sees without a script, in parts where it is long, and whatever partners wrote is text."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from gateway.audit.questions import QUESTIONS
from gateway.users.tables import Role
from gateway.web import api, pages
from tests.gateway.audit.asking import asked, told
from tests.gateway.house import invoice, wrapped

from .conftest import PO, Client, Site

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e"
"""What a supplier may put wherever text is taken."""


@dataclass
class Seen(HTMLParser):
    """What is on a page: elements with their attributes, and text by the element it stands in."""

    page: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def links(self) -> list[str]:
        return [str(each.get("href")) for each in self.all("a")]


def seen(client: Client, path: str, status: int = 200) -> Seen:
    answered = client.ask(path)
    assert answered.status == status
    assert answered.fields["content-type"] == "text/html; charset=utf-8"
    return Seen(answered.text)


def everything(site: Site) -> list[str]:
    questions = [f"/audit/{name}" for name in QUESTIONS]
    return ["/audit", *questions, "/audit/trail", f"/audit/trail?po={PO}", "/audit/trail?po=9", "/audit/none"]


def test_all_questions_are_there_and_one_more(site: Site) -> None:
    links = seen(site.browser(), "/audit").links
    assert [link for link in links if link.startswith("/audit/")][1:] == [
        "/audit/trail",
        *(f"/audit/{name}" for name in QUESTIONS),
    ]
    assert "trail" not in QUESTIONS


class TestOverview:
    def test_says_how_long_each_answer_is_and_what_should_not_be(self, traded: Site) -> None:
        browser = traded.browser()
        overview = seen(browser, "/audit?count=yes&partner=acme&since=2026-01-01")
        silent = overview.texts.index("Nothing to tell")
        found = {}
        for name in QUESTIONS:
            place = overview.texts.index(name)
            count, wrong = ([text.strip() for text in overview.texts[place + 1 :] if text.strip()])[:2]
            found[name] = (count, wrong if wrong.endswith("should not be") else "")
            assert (place > silent) == (count == "no rows"), name
        assert found["balance"] == ("1 row", "")
        assert found["unanswered"] == found["consistency"] == ("no rows", "")
        assert "/audit/balance?since=2026-01-01&partner=acme" in overview.links
        for name in QUESTIONS.keys() - {"reads"}:
            answer = asked(traded.house, name, partner="acme", since=datetime(2026, 1, 1, tzinfo=UTC))
            assert found[name][0].split()[0] == (str(len(answer.rows)) if answer.rows else "no"), name

    def test_what_should_not_be_stands_out(self, traded: Site) -> None:
        traded.house.later(days=9)
        traded.house.gateway.database.write(traded.house.gateway.answers.overdue)
        texts = seen(traded.browser(), "/audit?count=yes").texts
        assert any(text.endswith(" should not be") for text in texts)

    def test_counts_no_further_than_an_answer_may_be_long(self, traded: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pages, "MOST_ROWS", 1)
        assert "more than 1 row" in seen(traded.browser(), "/audit?count=yes").texts

    def test_is_one_reading(self, traded: Site) -> None:
        browser = traded.browser()
        seen(browser, "/audit?count=yes")
        seen(browser, "/audit")
        assert told(traded.house, "reads", "reason") == [("audit overview",)]

    @pytest.mark.parametrize("query", ["since=nonsense", "partner=nobody", "since=2026-12-01&until=2026-11-01"])
    def test_of_what_is_none_is_explained(self, shared: Site, query: str) -> None:
        page = seen(shared.browser(), f"/audit?count=yes&{query}")
        assert "What to do:" in page.texts
        assert set(QUESTIONS) <= set(page.texts)


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_has_its_rows_and_how_it_was_found(shared: Site, name: str) -> None:
    answer = shared.program().ask(f"/api/v1/audit/{name}").json
    page = seen(shared.browser(), f"/audit/{name}")
    text = "".join(page.texts)
    assert "Asked2026-11-21 12:00:00" in text.replace("\n", "")
    assert "SELECT" in text
    assert "\n\n— tally.local/" in text
    if answer["records"]:
        heads = [each for each in page.all("th") if each.get("scope") == "col"]
        assert len(heads) - len(answer["columns"]) in (0, 1)


def test_what_should_not_be_is_said_in_words(traded: Site) -> None:
    page = seen(traded.browser(), "/audit/invoices")
    assert "should not be" in page.texts
    assert "wrong" in [each.get("class") for each in page.all("tr")]


def test_a_question_may_be_narrowed_and_taken_along(traded: Site) -> None:
    browser = traded.browser()
    page = seen(browser, "/audit/in-force?since=2026-11-21&partner=acme")
    exports = [link for link in page.links if link.startswith("/api/")]
    assert exports == [
        f"/api/v1/audit/in-force?since=2026-11-21&partner=acme&format={form}" for form in ("csv", "jsonl", "json")
    ]
    assert all(browser.ask(link).status == 200 for link in exports)
    assert [each.get("value") for each in page.all("input")] == ["2026-11-21", ""]
    assert "The answer has no rows." in "".join(seen(browser, "/audit/in-force?partner=beta").texts)


@pytest.mark.parametrize("query", ["since=x", "since=2026-11-22&until=2026-11-21", "partner=nobody"])
def test_a_wrong_question_is_explained_beside_the_form(shared: Site, query: str) -> None:
    page = seen(shared.browser(), f"/audit/in-force?{query}")
    assert [each.get("role") for each in page.all("div") if each.get("role")] == ["alert"]
    assert page.all("select")
    assert "What to do:" in page.texts


def test_a_long_answer_comes_in_parts(traded: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROWS", 2)
    browser = traded.browser()
    first, last = seen(browser, "/audit/in-force?partner=acme"), seen(browser, "/audit/in-force?partner=acme&page=2")
    assert "1 to 2 of 3" in first.texts
    assert "3 to 3 of 3" in last.texts
    assert set(first.links) & {"/audit/in-force?partner=acme&page=2"}
    assert set(last.links) & {"/audit/in-force?partner=acme&page=1"}
    assert "3 to 3 of 3" in seen(browser, "/audit/in-force?page=50000").texts


def test_too_long_an_answer_is_refused_with_the_form(traded: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MOST_ROWS", 2)
    page = seen(traded.browser(), "/audit/in-force")
    assert "Ask for a shorter period" in "".join(page.texts)
    assert page.all("select")


class TestTrail:
    def test_leads_from_an_answer_to_the_evidence(self, traded: Site) -> None:
        browser = traded.browser()
        [order] = [link for link in seen(browser, "/audit/invoices").links if "?po=" in link]
        page = seen(browser, order)
        assert "received" in page.texts
        assert "sent" in page.texts
        [form] = [each for each in page.all("form") if each.get("action") == "/api/v1/evidence"]
        assert form["method"] == "get"
        assert [each.get("value") for each in page.all("input") if each.get("type") == "hidden"] == [PO]
        for link in page.links:
            if link.startswith("/audit/trail?doc="):
                assert browser.ask(link).status == 200

    def test_has_no_button_for_who_may_not(self, traded: Site) -> None:
        page = seen(traded.browser(Role.OPERATOR), f"/audit/trail?po={PO}")
        assert "/api/v1/evidence" not in [each.get("action") for each in page.all("form")]

    def test_of_an_invoice_has_none_either(self, traded: Site) -> None:
        page = seen(traded.browser(), "/audit/trail?invoice=INV1")
        assert "/api/v1/evidence" not in [each.get("action") for each in page.all("form")]

    def test_of_what_is_not_there_is_explained(self, traded: Site) -> None:
        assert "What to do:" in seen(traded.browser(), "/audit/trail?po=9").texts


class TestWhatPartnersWrote:
    @pytest.fixture
    def hostile(self, site: Site) -> Site:
        number = HOSTILE.replace("*", "").replace("~", "").replace(">", "")
        site.house.take("acme", f"{HOSTILE.replace('/', '')}.edi", b"hello")
        site.house.take("acme", "810.edi", wrapped("810", invoice(number, number)))
        return site

    def test_runs_nothing(self, hostile: Site) -> None:
        browser = hostile.browser()
        for path in [
            *everything(hostile),
            "/audit/reads?partner=" + "%3Cimg+src%3Dx%3E",
            "/audit/trail?po=%3Cscript%3E",
        ]:
            page = Seen(browser.ask(path).text)
            assert {name for name, _ in page.elements} & {"script", "img", "style", "iframe", "object"} == set()
            assert not [name for _, each in page.elements for name in each if name.startswith("on") or name == "style"]
            assert "\u202e" not in page.page
            assert all(link.startswith(("/", "#")) for link in page.links)

    def test_is_shown_as_it_is(self, hostile: Site) -> None:
        page = seen(hostile.browser(), "/audit/in-force")
        assert any("<script" in text for text in page.texts)


class TestEveryPage:
    def test_can_be_read_by_everybody(self, traded: Site) -> None:
        browser = traded.browser()
        for path in ["/login", *everything(traded)]:
            page = Seen(browser.ask(path).text)
            assert page.all("html") == [{"lang": "en"}]
            assert len(page.all("h1")) == 1
            assert all(each.get("scope") in ("col", "row") for each in page.all("th"))
            labels = len(page.all("label"))
            fields = [each for tag in ("input", "select") for each in page.all(tag) if each.get("type") != "hidden"]
            assert labels == len(fields)
            assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")

    def test_is_guarded_by_its_head(self, traded: Site) -> None:
        browser = traded.browser()
        for path in ["/login", "/page.css", "/api/v1/audit", *everything(traded)]:
            fields = browser.ask(path).fields
            policy = fields["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "script-src" not in policy
            assert fields["x-content-type-options"] == "nosniff"
            assert fields["referrer-policy"] == "same-origin"
            assert fields["cache-control"] == ("max-age=3600" if path == "/page.css" else "no-store")

    def test_says_what_went_wrong(self, site: Site) -> None:
        browser = site.browser()
        assert "There is no question none." in "".join(seen(browser, "/audit/none", 404).texts)
        assert "There is nothing at this path." in seen(browser, "/audit/balance/more", 404).texts


def test_the_beginning_leads_to_the_questions(site: Site) -> None:
    assert site.nobody().ask("/").fields["location"] == "/audit"
    assert site.nobody().ask("/logout").fields["location"] == "/audit"

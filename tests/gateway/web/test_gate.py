"""Who comes in: by a good token or a cookie, as what they are, and nobody else."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie

import pytest
from sqlalchemy import event, select

from gateway.refused_logins import ATTEMPTS, PAUSE
from gateway.users.logins import LASTS
from gateway.users.tables import Role
from gateway.web.console import SHOWN
from spool.journal import JournalEntry, Step
from tests.gateway.house import House

from .conftest import PO, Site

API = ("/api/v1/audit", "/api/v1/audit/balance", f"/api/v1/trail?po={PO}", f"/api/v1/evidence?po={PO}")
PAGES = ("/audit", "/audit/balance", "/audit/trail", f"/audit/trail?po={PO}", "/audit/nothing", "/audit/balance?page=x")


class TestPrograms:
    @pytest.mark.parametrize("path", API)
    def test_nobody_is_told_anything(self, shared: Site, path: str) -> None:
        answered = shared.nobody().ask(path)
        assert answered.status == 401
        assert answered.fields["www-authenticate"] == 'Bearer realm="tallystick"'
        assert answered.json["type"] == "urn:tallystick:problem:token"

    @pytest.mark.parametrize("path", API)
    def test_an_auditor_is_answered(self, shared: Site, path: str) -> None:
        assert shared.program().ask(path).status == 200

    @pytest.mark.parametrize(
        "value", ["Bearer", "Bearer ", "Bearer x", "Basic {token}", "{token}", "Bearer x{token}", "Bearer {token}x"]
    )
    def test_what_is_no_good_token_lets_nobody_in(self, site: Site, value: str) -> None:
        given = value.format(token=site.tokens[Role.ADMIN])
        assert site.nobody().ask("/api/v1/audit", Authorization=given).status == 401

    def test_the_token_in_other_places_lets_nobody_in(self, site: Site) -> None:
        token = site.tokens[Role.ADMIN]
        nobody = site.nobody()
        assert nobody.get("/api/v1/audit", token=token, access_token=token).status == 401
        nobody.cookie = f"tally={token}"
        assert nobody.ask("/api/v1/audit").status == 401
        assert nobody.ask("/audit").status == 303

    def test_only_who_may_takes_payloads_along(self, traded: Site) -> None:
        path = f"/api/v1/evidence?po={PO}"
        assert {role: traded.program(role).ask(path).status for role in Role} == {
            Role.AUDITOR: 200,
            Role.OPERATOR: 403,
            Role.ADMIN: 200,
        }
        refused = traded.program(Role.OPERATOR).ask(path).json
        assert (refused["type"], "operator" in refused["detail"]) == ("urn:tallystick:problem:role", True)
        assert traded.program(Role.OPERATOR).ask("/api/v1/audit/balance").status == 200

    def test_a_removed_user_is_out(self, site: Site) -> None:
        program, browser = site.program(), site.browser()
        site.house.gateway.users.remove("auditor", "root")
        assert program.ask("/api/v1/audit").status == 401
        assert browser.ask("/audit").status == 303


class TestBrowsers:
    @pytest.mark.parametrize("path", PAGES)
    def test_the_login_comes_first(self, shared: Site, path: str) -> None:
        answered = shared.nobody().ask(path)
        assert (answered.status, answered.body) == (303, b"")
        assert answered.fields["location"].startswith("/login?next=%2Faudit")

    @pytest.mark.parametrize("path", [*PAGES[:4], *API])
    def test_then_everything_is_there(self, shared: Site, path: str) -> None:
        assert shared.browser().ask(path).status == 200

    def test_the_cookie_is_for_our_own_pages_only(self, site: Site) -> None:
        answered = site.nobody().log_in(site.tokens[Role.AUDITOR])
        assert (answered.status, answered.fields["location"]) == (303, "/audit")
        morsel = SimpleCookie(answered.fields["set-cookie"])["tally"]
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "strict", "/")
        assert int(morsel["max-age"]) == LASTS.total_seconds()
        assert morsel["domain"] == morsel["secure"] == ""
        assert site.tokens[Role.AUDITOR] not in answered.fields["set-cookie"]

    def test_each_login_is_another_cookie(self, site: Site) -> None:
        browser = site.browser()
        first = browser.cookie
        browser.log_in(site.tokens[Role.AUDITOR])
        assert browser.cookie != first

    def test_a_login_ends(self, site: Site) -> None:
        browser = site.browser()
        site.house.clock.advance(seconds=LASTS.total_seconds())
        assert browser.ask("/audit").status == 303

    def test_after_the_log_out_the_cookie_lets_nobody_in(self, site: Site) -> None:
        browser = site.browser()
        kept = browser.cookie
        assert browser.post("/logout", {}).fields["location"] == "/login"
        assert browser.cookie is None
        browser.cookie = kept
        assert browser.ask("/audit").status == 303
        assert browser.ask("/api/v1/audit").status == 401

    @pytest.mark.parametrize(
        ("asked", "onward"),
        [
            ("/audit/balance?partner=acme&page=2", "/audit/balance?partner=acme&page=2"),
            ("//elsewhere.example/audit", "/audit"),
            ("https://elsewhere.example/audit", "/audit"),
            ("/\\elsewhere.example", "/audit"),
            ("/audit\\..\\..//elsewhere.example", "/audit"),
            ("/audit/\r\nSet-Cookie: a=b", "/audit"),
            ("/logout", "/audit"),
            ("javascript:alert(1)", "/audit"),
            ("/auditor.example", "/audit"),
        ],
    )
    def test_it_goes_on_to_a_page_of_ours_only(self, shared: Site, asked: str, onward: str) -> None:
        answered = shared.nobody().log_in(shared.tokens[Role.AUDITOR], next=asked)
        assert (answered.status, answered.fields["location"]) == (303, onward)


class TestForeignForms:
    """Neither logs a browser in nor out, whatever page sent them."""

    @pytest.mark.parametrize(
        "fields",
        [
            {"Origin": "https://elsewhere.example"},
            {"Origin": "null"},
            {"Origin": ""},
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site"},
        ],
    )
    def test_are_refused(self, site: Site, fields: dict[str, str]) -> None:
        browser = site.browser()
        cookie = browser.cookie
        assert browser.post("/logout", {}, **fields).status == 403
        assert browser.post("/login", {"token": site.tokens[Role.ADMIN]}, **fields).status == 403
        assert browser.cookie == cookie
        assert browser.ask("/audit").status == 200

    def test_so_are_those_that_say_nothing_of_where_they_are_from(self, site: Site) -> None:
        body = f"token={site.tokens[Role.ADMIN]}".encode()
        assert site.nobody().ask("/login", "POST", body=body).status == 403

    def test_our_own_is_taken(self, site: Site) -> None:
        token = {"token": site.tokens[Role.ADMIN]}
        assert site.nobody().post("/login", token, Sec_Fetch_Site="same-origin", Origin="null").status == 303


class TestWrongTokens:
    def test_are_answered_alike_whoever_it_may_have_been(self, site: Site) -> None:
        site.house.gateway.users.add("newcomer", Role.ADMIN, "root")
        answers = {site.nobody().log_in(token).body for token in ("", "x", "newcomer", site.tokens[Role.ADMIN][:-1])}
        assert len(answers) == 1
        assert b"no token of anybody" in answers.pop()

    def test_cost_the_same_whatever_they_are(self, site: Site, statements: list[str]) -> None:
        asked = []
        for token in ("x", "tally_" + "A" * 43, site.tokens[Role.ADMIN][:-1]):
            statements.clear()
            site.nobody().ask("/api/v1/audit", Authorization=f"Bearer {token}")
            asked.append(list(statements))
        assert asked[0] == asked[1] == asked[2] != []

    def test_too_many_end_in_a_pause_for_the_address(self, site: Site) -> None:
        for _ in range(ATTEMPTS // 2):
            assert site.nobody().log_in("wrong").status == 401
            assert site.nobody().ask("/api/v1/audit", Authorization="Bearer wrong").status == 401
        paused = site.nobody().log_in(site.tokens[Role.AUDITOR])
        assert (paused.status, paused.fields["retry-after"]) == (429, "300")
        assert site.program().ask("/api/v1/audit").status == 429
        site.house.clock.advance(seconds=PAUSE.total_seconds())
        assert site.program().ask("/api/v1/audit").status == 200

    def test_who_is_logged_in_stays_so_meanwhile(self, site: Site) -> None:
        browser = site.browser()
        for _ in range(ATTEMPTS):
            site.nobody().log_in("wrong")
        assert browser.ask("/audit").status == 200

    def test_are_on_record_without_what_was_tried(self, house: House, site: Site) -> None:
        tried = "tally_" + "B" * 43
        with house.gateway.reception.http(0) as server:
            site.port = server.port
            site.nobody().log_in(tried)
            site.nobody().ask("/api/v1/audit", Authorization=f"Bearer {tried}")
        with house.gateway.database.read() as session:
            rows = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.LOGIN_REFUSED)).all()
        assert sum(row.detail["times"] for row in rows) == 2
        assert rows[0].detail["addresses"] == ["127.0.0.1"]
        assert tried not in json.dumps([(row.outcome, row.detail) for row in rows])


def test_nothing_can_be_changed_over_http(site: Site) -> None:
    program = site.program(Role.ADMIN)
    paths = [*(path.replace("*", "balance") for path in SHOWN), *API]
    tried = {
        (method, path): program.ask(path, method, body=b"{}").status
        for method in ("POST", "PUT", "PATCH", "DELETE")
        for path in paths
        if (method, path) not in {("POST", "/login"), ("POST", "/logout")}
    }
    assert set(tried.values()) == {405}


@pytest.fixture
def statements(site: Site) -> Iterator[list[str]]:
    """What the database is asked from here on."""
    with site.house.gateway.database.read() as session:
        engine = session.get_bind().engine
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield heard
    event.remove(engine, "before_cursor_execute", hear)


class TestBehindTls:
    @pytest.fixture
    def proxied(self, site: Site) -> Iterator[Site]:
        """The same house behind a proxy whose word is taken."""
        reception = site.house.gateway.reception
        settings = reception.settings.model_copy(update={"http_proxies": ("127.0.0.1",)})
        with replace(reception, settings=settings).http(0) as server:
            yield Site(site.house, server.port, site.tokens)

    def test_the_cookie_is_sent_over_tls_only(self, proxied: Site) -> None:
        client = proxied.nobody()
        client.fields["X-Forwarded-Proto"] = "https"
        answered = client.post("/login", {"token": proxied.tokens[Role.AUDITOR]})
        morsel = SimpleCookie(answered.fields["set-cookie"])["__Host-tally"]
        assert (morsel["secure"], morsel["path"], morsel["domain"]) == (True, "/", "")
        assert client.ask("/audit").status == 200
        assert "__Host-tally=" in client.post("/logout", {}).fields["set-cookie"]

    def test_a_cookie_from_plain_http_is_worth_nothing(self, proxied: Site) -> None:
        client = proxied.browser()
        assert client.ask("/audit").status == 200
        assert client.ask("/audit", X_Forwarded_Proto="https").status == 303

    def test_nobody_else_is_believed(self, site: Site) -> None:
        client = site.nobody()
        client.fields["X-Forwarded-Proto"] = "https"
        assert "secure" not in client.log_in(site.tokens[Role.AUDITOR]).fields["set-cookie"].lower()

    def test_wrong_tokens_count_for_whom_the_proxy_names(self, proxied: Site) -> None:
        for _ in range(ATTEMPTS):
            proxied.nobody().post("/login", {"token": "wrong"}, X_Forwarded_For="192.0.2.1")
        good = {"token": proxied.tokens[Role.AUDITOR]}
        assert proxied.nobody().post("/login", good, X_Forwarded_For="192.0.2.1").status == 429
        assert proxied.nobody().post("/login", good, X_Forwarded_For="192.0.2.2").status == 303


def test_a_form_has_bounds(site: Site) -> None:
    connection = socket.create_connection(("127.0.0.1", site.port), 10)
    with connection:
        connection.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    many = {"token": "x" * 1000} | {str(number): "x" for number in range(1000)}
    assert site.nobody().post("/login", many).status == 401

"""A house with its HTTP server, and whoever comes to it: programs with a token, browsers with a cookie."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.users.tables import Role
from tests.gateway.house import House, invoice, wrapped
from tests.gateway.house import house as open_house


@dataclass(frozen=True)
class Answered:
    status: int
    fields: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """Somebody at the server. ``fields`` are sent with each request; a cookie that is given is kept."""

    port: int
    fields: dict[str, str] = field(default_factory=dict)
    cookie: str | None = None

    def ask(self, path: str, method: str = "GET", *, body: bytes | None = None, **fields: str) -> Answered:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        try:
            connection.request(method, path, body, self.fields | cookie | named)
            answer = connection.getresponse()
            got = Answered(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()
        self._keep(got.fields.get("set-cookie"))
        return got

    def get(self, path: str, **query: str) -> Answered:
        return self.ask(f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, form: Mapping[str, str], **fields: str) -> Answered:
        origin = {"Origin": f"http://127.0.0.1:{self.port}"}
        return self.ask(path, "POST", body=urlencode(form).encode(), **(origin | fields))

    def log_in(self, token: str, **more: str) -> Answered:
        return self.post("/login", {"token": token} | more)

    def _keep(self, given: str | None) -> None:
        for name, morsel in SimpleCookie(given or "").items():
            self.cookie = f"{name}={morsel.value}" if morsel.value else None


@dataclass
class Site:
    """A house that is served, with one user of each role."""

    house: House
    port: int
    tokens: dict[Role, str]

    @property
    def staging(self) -> Path:
        return self.house.gateway.home.staging / "http"

    def nobody(self) -> Client:
        return Client(self.port)

    def program(self, role: Role = Role.AUDITOR) -> Client:
        return Client(self.port, {"Authorization": f"Bearer {self.tokens[role]}"})

    def browser(self, role: Role = Role.AUDITOR) -> Client:
        client = Client(self.port)
        assert client.log_in(self.tokens[role]).status == 303
        return client


PO = "4500123"


@contextmanager
def served(house: House) -> Iterator[Site]:
    users = house.gateway.users
    tokens = {}
    for role in Role:
        users.add(role.value, role, "root")
        tokens[role] = users.renew_token(role.value, "root")
    with house.gateway.reception.http(0) as server:
        yield Site(house, server.port, tokens)


def _trade(house: House) -> None:
    """An order goes and its invoice comes."""
    house.send_order()
    house.take("acme", "810.edi", wrapped("810", invoice()))


@pytest.fixture
def site(house: House) -> Iterator[Site]:
    with served(house) as site:
        yield site


@pytest.fixture
def traded(site: Site) -> Site:
    _trade(site.house)
    return site


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One as ``traded`` for many tests that only read, by good tokens or none."""
    with open_house(tmp_path_factory.mktemp("shared") / "home") as house, served(house) as site:
        _trade(house)
        yield site

"""The console costs nothing until somebody asks it, and is not there where it is turned off."""

import subprocess
import sys
from dataclasses import replace

from tests.gateway.house import House

from .conftest import Client


def test_no_command_imports_what_only_answers_need() -> None:
    check = "import sys, gateway.cli.main; print([name for name in ('fastapi', 'jinja2') if name in sys.modules])"
    said = subprocess.run([sys.executable, "-P", "-c", check], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_where_it_is_turned_off_there_is_as2_alone(house: House) -> None:
    reception = house.gateway.reception
    closed = replace(reception, settings=reception.settings.model_copy(update={"web": False}))
    with closed.http(0) as server:
        client = Client(server.port)
        for path in ("/", "/page.css", "/login", "/logout", "/audit", "/audit/balance", "/api/v1/openapi.json"):
            assert client.ask(path).status == 404, path
        assert client.post("/login", {"token": "x"}).status == 404
        assert client.ask("/healthz").status == 200
        assert client.ask("/as2", "POST", body=b"").status not in (404, 405)

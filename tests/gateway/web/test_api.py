"""The API: every question, trail and bundle, as the command line gives them, bounded, and each reading on record."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.audit.questions import QUESTIONS
from gateway.ledger.evidence import verify
from gateway.web import api
from spool.journal import JournalEntry, Step
from tests.gateway.house import invoice, wrapped

from .conftest import PO, Site


def readings(site: Site) -> list[tuple[str, str, Any]]:
    with site.house.gateway.database.read() as session:
        rows = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.READ).order_by(JournalEntry.id))
        return [(row.actor, row.outcome, row.detail) for row in rows]


class TestQuestions:
    def test_are_listed(self, site: Site) -> None:
        listed = site.program().ask("/api/v1/audit").json
        assert [each["question"] for each in listed] == list(QUESTIONS)
        assert all(each["columns"] and each["title"] for each in listed)

    @pytest.mark.parametrize("name", QUESTIONS)
    def test_are_answered_as_at_the_command_line(self, shared: Site, name: str) -> None:
        answer = shared.program().ask(f"/api/v1/audit/{name}").json
        assert (answer["question"], answer["columns"]) == (name, list(QUESTIONS[name].columns))
        assert answer["rows"] == len(answer["records"])
        assert answer["queries"]
        assert "\n\n— " in answer["checkpoint"]

    def test_may_be_narrowed(self, traded: Site) -> None:
        program = traded.program()
        path = "/api/v1/audit/in-force"
        assert program.get(path, partner="beta").json["rows"] == 0
        assert program.get(path, until="2026-11-21").json["rows"] == 0
        assert program.get(path, since="2026-11-21", until="2026-11-22", partner="acme").json["rows"] == 3

    def test_come_as_files(self, traded: Site) -> None:
        program = traded.program()
        table = program.get("/api/v1/audit/in-force", format="csv")
        assert table.fields["content-type"].startswith("text/csv")
        assert table.fields["content-disposition"] == 'attachment; filename="in-force-2026-11-21.csv"'
        [columns, *rows] = csv.reader(io.StringIO(table.text))
        assert (columns, len(rows)) == (list(QUESTIONS["in-force"].columns), 3)
        lines = program.get("/api/v1/audit/in-force", format="jsonl").text.splitlines()
        assert json.loads(lines[0])["rows"] == len(lines) - 1 == 3

    def test_each_is_on_record(self, traded: Site) -> None:
        traded.program().get("/api/v1/audit/in-force", partner="acme", since="2026-11-21", format="csv")
        [(actor, what, detail)] = readings(traded)
        assert (actor, what) == ("auditor", "audit in-force")
        sealed = detail.pop("checkpoint")
        assert (sealed["size"] > 0, len(sealed["root"])) == (True, 64)
        assert detail == {
            "since": "2026-11-21T00:00:00+00:00",
            "until": None,
            "rows": 3,
            "form": "csv",
            "by": "api",
            "address": "127.0.0.1",
        }

    def test_of_more_rows_than_are_given_is_refused(self, traded: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(api, "MOST_ROWS", 2)
        refused = traded.program().ask("/api/v1/audit/in-force")
        assert (refused.status, "Ask for a shorter period" in refused.json["detail"]) == (409, True)
        assert traded.program().ask(f"/api/v1/trail?po={PO}").status == 409
        assert readings(traded) == []


class TestTrail:
    def test_is_told_both_ways(self, traded: Site) -> None:
        told = traded.program().get("/api/v1/trail", po=PO).json
        steps = [entry["step"] for entry in told["records"]]
        assert (told["about"], told["id"], told["rows"]) == ("order", PO, len(steps))
        assert {"submitted", "built", "sent", "received", "delivered"} <= set(steps)

    def test_of_an_invoice_and_of_a_document(self, traded: Site) -> None:
        program = traded.program()
        document = next(
            entry["document_id"]
            for entry in program.get("/api/v1/trail", invoice="INV1").json["records"]
            if entry["document_id"]
        )
        assert program.get("/api/v1/trail", doc=document).status == 200

    def test_comes_as_files(self, traded: Site) -> None:
        program = traded.program()
        rows = list(csv.DictReader(io.StringIO(program.get("/api/v1/trail", po=PO, format="csv").text)))
        lines = program.get("/api/v1/trail", po=PO, format="jsonl").text.splitlines()
        assert [row["step"] for row in rows] == [json.loads(line)["step"] for line in lines[1:]]

    def test_is_on_record(self, traded: Site) -> None:
        traded.program().get("/api/v1/trail", po=PO, partner="acme")
        [(actor, what, detail)] = readings(traded)
        assert (actor, what, detail["entries"] > 0) == ("auditor", f"trail of order {PO}", True)


class TestEvidence:
    def test_verifies_with_the_script_alone(self, traded: Site, tmp_path: Path) -> None:
        answered = traded.program().get("/api/v1/evidence", po=PO)
        assert answered.fields["content-type"] == "application/vnd.etsi.asic-e+zip"
        assert answered.fields["content-disposition"] == f'attachment; filename="evidence-{PO}-2026-11-21.zip"'
        bundle = tmp_path / "bundle.zip"
        bundle.write_bytes(answered.body)
        key = str(traded.house.gateway.ledger.key())
        script = [sys.executable, "-I", str(verify.__file__), str(bundle), "--trust", key]
        said = subprocess.run(script, capture_output=True, text=True, check=False)
        assert (said.returncode, "PROVED" in said.stdout) == (0, True), said.stdout + said.stderr

    def test_leaves_nothing_behind(self, traded: Site) -> None:
        traded.program().get("/api/v1/evidence", po=PO)
        assert list(traded.staging.iterdir()) == []

    def test_is_on_record(self, traded: Site) -> None:
        traded.program().get("/api/v1/evidence", po=PO)
        [(actor, what, detail)] = readings(traded)
        assert (actor, what) == ("auditor", f"evidence of order {PO}")
        assert (detail["by"], detail["to"]) == ("api", f"evidence-{PO}-2026-11-21.zip")

    def test_of_a_head_is_a_head(self, traded: Site) -> None:
        answered = traded.program().ask(f"/api/v1/evidence?po={PO}", "HEAD")
        assert (answered.status, answered.body, int(answered.fields["content-length"]) > 1000) == (200, b"", True)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/api/v1/audit/nothing", 404, "not-found"),
        ("/api/v1/audit/..%2f..%2fetc%2fpasswd", 404, "no-page"),
        ("/api/v1/audit/balance?partner=nobody", 404, "not-found"),
        ("/api/v1/audit/balance?since=yesterday", 422, "moment"),
        ("/api/v1/audit/balance?since=2026-11-22&until=2026-11-21", 422, "period"),
        ("/api/v1/audit/balance?format=xml", 422, "parameter"),
        ("/api/v1/audit/balance?partner=" + "x" * 1000, 422, "parameter"),
        ("/api/v1/trail", 422, "subject"),
        ("/api/v1/trail?po=1&invoice=2", 422, "subject"),
        ("/api/v1/trail?doc=1&partner=acme", 422, "subject"),
        ("/api/v1/trail?po=unknown", 404, "not-found"),
        ("/api/v1/trail?po=%00%ff", 404, "not-found"),
        ("/api/v1/evidence?po=../../etc/passwd", 404, "not-found"),
        ("/api/v1/evidence", 422, "subject"),
        ("/api/v1/nothing", 404, "no-page"),
    ],
)
def test_what_is_wrong_is_told_and_what_to_do(shared: Site, path: str, status: int, kind: str) -> None:
    answered = shared.program().ask(path)
    assert (answered.status, answered.json["type"]) == (status, f"urn:tallystick:problem:{kind}")
    assert answered.fields["content-type"] == "application/problem+json"
    assert all(answered.json[part] for part in ("title", "detail", "todo"))


def test_names_in_heads_are_harmless(site: Site) -> None:
    number = 'a"; b=\r\nSet-Cookie: x=y/../é'
    assert api._attached(f"evidence-{number}", "zip") == 'attachment; filename="evidence-a_b_Set-Cookie_x_y_.._.zip"'


def test_a_spreadsheet_obeys_nobody(site: Site) -> None:
    house = site.house
    house.take("acme", "=cmd|'/c calc'!A1.edi", wrapped("810", invoice("=1+1", "@order")))
    program = site.program()
    for path in ("/api/v1/audit/invoices?format=csv", "/api/v1/trail?invoice=%3D1%2B1&format=csv"):
        cells = [cell for row in csv.reader(io.StringIO(program.ask(path).text)) for cell in row]
        assert cells
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_the_description_is_for_everybody(site: Site) -> None:
    described = site.nobody().ask("/api/v1/openapi.json").json
    assert sorted(described["paths"]) == [
        "/api/v1/audit",
        "/api/v1/audit/{question}",
        "/api/v1/evidence",
        "/api/v1/trail",
    ]
    for path in ("/docs", "/redoc", "/api/v1/docs"):
        assert site.nobody().ask(path).status == 404

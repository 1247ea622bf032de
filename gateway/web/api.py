"""The API, version 1: the auditor's questions, trails and evidence, for programs."""

import json
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from canonical.errors import Misconfigured

from ..audit import export
from ..audit.desk import About, Desk, Subject, Told
from ..audit.question import Answer, Question
from ..audit.questions import QUESTIONS
from ..known import one_of
from ..ledger.evidence.exporting import export as write_evidence
from ..ledger.evidence.verify import MIMETYPE
from ..moments import moment
from .bridge import Send
from .console import MOST_ROWS, Console
from .gate import Bearer, Gate, Visitor
from .problem import Problem


class Form(StrEnum):
    """How an answer is written."""

    JSON = "json"
    CSV = "csv"
    JSONL = "jsonl"


_TYPES = {
    Form.JSON: "application/json",
    Form.CSV: "text/csv; charset=utf-8; header=present",
    Form.JSONL: "application/x-ndjson; charset=utf-8",
}

LONGEST = 200
"""Characters of a number, an id or a name in a request."""

Named = Annotated[str | None, Query(max_length=LONGEST)]
Day = Annotated[
    str | None, Query(max_length=40, description="A day or a moment, UTC unless it says otherwise: 2026-11-01")
]


def router(console: Console, gate: Gate) -> APIRouter:
    """Everything below /api/v1."""
    desk = console.desk

    async def visitor(request: Request, bearer: Bearer) -> Visitor:
        return gate.program(request, bearer)

    Comes = Annotated[Visitor, Depends(visitor)]  # noqa: N806 - a type
    routes = APIRouter(prefix="/api/v1")

    @routes.get("/audit", summary="The questions there are")
    async def questions(_comes: Comes) -> list[dict[str, Any]]:
        return [
            {"question": each.name, "title": each.title, "columns": list(each.columns)} for each in QUESTIONS.values()
        ]

    @routes.get("/audit/{question}", summary="The answer to one question", response_class=Response)
    async def audit(
        comes: Comes,
        question: str,
        since: Day = None,
        until: Day = None,
        partner: Named = None,
        format: Form = Form.JSON,
    ) -> Response:
        one_of("question", question, QUESTIONS)
        answer = answered(desk, comes, QUESTIONS[question], since, until, partner, form=format)
        return _file(_written(answer, format), format, f"{question}-{answer.scope.now:%Y-%m-%d}")

    @routes.get("/trail", summary="What happened around one order, invoice, document or file", response_class=Response)
    async def trail(
        comes: Comes,
        po: Named = None,
        invoice: Named = None,
        doc: Named = None,
        partner: Named = None,
        format: Form = Form.JSON,
    ) -> Response:
        about = asked_about({Subject.ORDER: po, Subject.INVOICE: invoice, Subject.DOCUMENT: doc}, partner)
        told = desk.trail(about, comes.reader, most=MOST_ROWS)
        return _file(_told(told, format), format, f"trail-{about.id}-{told.asked_at:%Y-%m-%d}")

    @routes.get("/evidence", summary="A bundle that proves it all, offline", response_class=Response)
    async def evidence(comes: Comes, po: Named = None, doc: Named = None, partner: Named = None) -> Response:
        comes.require_export()
        about = asked_about({Subject.ORDER: po, Subject.DOCUMENT: doc}, partner)
        name = f"evidence-{about.id}-{desk.clock.now():%Y-%m-%d}"
        proof = desk.evidence(about, comes.reader, to=_file_name(name, "zip"))
        path = console.staging / secrets.token_hex(16)
        write_evidence(proof, path)
        return _Download(path, {"Content-Type": MIMETYPE.decode(), "Content-Disposition": _attached(name, "zip")})

    return routes


def answered(
    desk: Desk,
    comes: Visitor,
    question: Question,
    since: str | None,
    until: str | None,
    partner: str | None,
    *,
    form: Form | None = None,
) -> Answer:
    """The answer to what was typed. Raises Problem and as :meth:`.Desk.answer`."""
    begin, end = period(since, until)
    return desk.answer(
        question,
        comes.reader,
        since=begin,
        until=end,
        partner=partner or None,
        most=MOST_ROWS,
        form=form and form.value,
    )


def period(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """The period that was typed. Raises Problem."""
    begin, end = _moment("since", since), _moment("until", until)
    if begin is not None and end is not None and begin >= end:
        raise Problem(
            422,
            "period",
            "The period is empty.",
            f"since {since} is not before until {until}.",
            "Change one.",
            where="since",
        )
    return begin, end


def asked_about(given: Mapping[Subject, str | None], partner: str | None) -> About:
    """What a trail or evidence is to be about. Raises Problem unless it is one thing."""
    named = [About(subject, id_, partner or None) for subject, id_ in given.items() if id_]
    if len(named) != 1 or (partner and named[0].subject is not Subject.ORDER):
        names = {Subject.ORDER: "po", Subject.INVOICE: "invoice", Subject.DOCUMENT: "doc"}
        raise Problem(
            422,
            "subject",
            "It is not clear what this is to be about.",
            f"{len(named)} things are named.",
            f"Give one of {', '.join(names[subject] for subject in given)}, and partner with po only.",
        )
    return named[0]


def _moment(name: str, text: str | None) -> Any:
    try:
        return moment(name, text or None)
    except Misconfigured as error:
        raise Problem(422, "moment", f"{name} is no day.", error.message, "Write 2026-11-20.", where=name) from error


def _written(answer: Answer, form: Form) -> str:
    match form:
        case Form.CSV:
            return export.comma_separated(answer)
        case Form.JSONL:
            return export.json_lines(answer)
        case Form.JSON:
            return json.dumps(export.about(answer) | {"records": export.records(answer)}, ensure_ascii=False)


def _told(told: Told, form: Form) -> str:
    about = {
        "about": told.about.subject.value,
        "id": told.about.id,
        "partner": told.about.partner,
        "asked_at": told.asked_at.isoformat(),
        "rows": len(told.entries),
        "checkpoint": str(told.checkpoint),
    }
    records = [export.trail_record(entry) for entry in told.entries]
    match form:
        case Form.CSV:
            return export.as_table(export.TRAIL, map(export.trail_row, told.entries))
        case Form.JSONL:
            return export.as_lines([about, *records])
        case Form.JSON:
            return json.dumps(about | {"records": records}, ensure_ascii=False)


def _file(text: str, form: Form, name: str) -> Response:
    fields = {} if form is Form.JSON else {"Content-Disposition": _attached(name, form.value)}
    return Response(text.encode("utf-8", "replace"), headers=fields | {"Content-Type": _TYPES[form]})


def _attached(name: str, suffix: str) -> str:
    return f'attachment; filename="{_file_name(name, suffix)}"'


def _file_name(name: str, suffix: str) -> str:
    """A name that is safe in a head and on any disk, though partners chose the numbers in it."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '_', name)[:LONGEST]}.{suffix}"


class _Download(Response):
    """A file that is sent and then is no more. (FastAPI's own would read it piece by piece, and answers ranges.)"""

    def __init__(self, path: Path, fields: Mapping[str, str]) -> None:
        super().__init__(headers=fields)
        self._path = path
        del self.headers["content-length"]

    async def __call__(self, scope: object, receive: object, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.pathsend", "path": str(self._path)})
        finally:
            self._path.unlink(missing_ok=True)


def refused(problem: Problem) -> Response:
    """A problem, for a program."""
    return JSONResponse(
        problem.as_json(), problem.status, headers=problem.fields, media_type="application/problem+json"
    )

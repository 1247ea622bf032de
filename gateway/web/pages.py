"""The pages: they need no script, print well, and show whatever partners wrote as text."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from canonical.errors import NotFound

from .. import trail as trails
from ..audit import export
from ..audit.desk import Subject
from ..audit.question import Answer, Counted, Question, TooMuch
from ..audit.questions import QUESTIONS
from ..known import one_of
from ..ledger.checkpoint import Checkpoint
from ..ledger.note import Note, read_note
from ..printable import shown
from ..spelling import as_cell
from .api import LONGEST, Day, Named, answered, asked_about, period
from .console import MOST_ROWS, Console
from .gate import Gate, Visitor
from .problem import Problem, problem_of

ROWS = 100
"""Rows on a page."""

RUNS = 10
"""Sets of values of a statement on a page."""

_LINKED = {"document": "doc", "order": "po", "invoice": "invoice"}
"""Columns whose cells lead to a trail, and what that is asked by."""

PageNumber = Annotated[int, Query(ge=1, le=MOST_ROWS)]


def router(console: Console, gate: Gate) -> APIRouter:
    """Everything but the API."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def home() -> Response:
        return _see("/audit")

    # What is more exact comes first: a question's name may be anything.
    routes.include_router(_logins(gate))
    routes.include_router(_trails(console, gate))
    routes.include_router(_answers(console, gate))
    return routes


def _logins(gate: Gate) -> APIRouter:
    routes = APIRouter()

    @routes.get("/login")
    async def login(next: Named = None) -> Response:
        return _page("login.html", next=_own_path(next), wrong=False)

    @routes.post("/login")
    async def log_in(request: Request) -> Response:
        form = await _form(request)
        onward = _own_path(form.get("next"))
        seen = _see(onward)
        if gate.log_in(request, form.get("token", "").strip(), seen):
            return seen
        return _page("login.html", status=401, next=onward, wrong=True)

    @routes.get("/logout")
    async def no_logout() -> Response:
        return _see("/audit")

    @routes.post("/logout")
    async def log_out(request: Request) -> Response:
        seen = _see("/login")
        gate.log_out(request, seen)
        return seen

    return routes


def _visitor(gate: Gate) -> Callable[[Request], Awaitable[Visitor]]:
    """Who looks at a page; a coroutine, so that no other thread is needed for it."""

    async def visitor(request: Request) -> Visitor:
        return gate.browser(request)

    return visitor


def _trails(console: Console, gate: Gate) -> APIRouter:
    desk, routes = console.desk, APIRouter()
    Comes = Annotated[Visitor, Depends(_visitor(gate))]  # noqa: N806 - a type

    @routes.get("/audit/trail")
    async def trail(
        comes: Comes,
        po: Named = None,
        invoice: Named = None,
        doc: Named = None,
        partner: Named = None,
        page: PageNumber = 1,
    ) -> Response:
        given = {"po": po, "invoice": invoice, "doc": doc, "partner": partner}
        said: dict[str, Any] = {
            "visitor": comes,
            "given": given,
            "partners": desk.partners(),
            "told": None,
            "problem": None,
        }
        if not any((po, invoice, doc)):
            return _page("trail.html", **said)
        try:
            about = asked_about({Subject.ORDER: po, Subject.INVOICE: invoice, Subject.DOCUMENT: doc}, partner)
            told = desk.trail(about, comes.reader, most=MOST_ROWS)
        except (Problem, NotFound, TooMuch) as error:
            return _page("trail.html", **said | {"problem": _as_problem(error)})
        part = Part.of(told.entries, page, "/audit/trail", given)
        ledger = _ledger(told.checkpoint)
        return _page("trail.html", **said | {"told": told, "part": part, "ledger": ledger, "in_words": trails.in_words})

    return routes


def _answers(console: Console, gate: Gate) -> APIRouter:
    desk, routes = console.desk, APIRouter()
    Comes = Annotated[Visitor, Depends(_visitor(gate))]  # noqa: N806 - a type

    @routes.get("/audit")
    async def questions(
        comes: Comes, since: Day = None, until: Day = None, partner: Named = None, count: bool = False
    ) -> Response:
        given = {"since": since, "until": until, "partner": partner}
        said: dict[str, Any] = {"visitor": comes, "given": given, "partners": desk.partners(), "problem": None}
        listed = [Listed(each.name, each.title, _link(f"/audit/{each.name}", given)) for each in QUESTIONS.values()]
        if not count:
            return _page("questions.html", **said, overview=None, told=listed, silent=[])
        try:
            begin, end = period(since, until)
            overview = desk.overview(comes.reader, since=begin, until=end, partner=partner or None, most=MOST_ROWS)
        except (Problem, NotFound) as error:
            return _page(
                "questions.html", **said | {"problem": _as_problem(error)}, overview=None, told=listed, silent=[]
            )
        counted = [replace(each, counted=of) for each, of in zip(listed, overview.counted, strict=True)]
        silent = [each for each in counted if each.counted is not None and not each.counted.rows]
        told = [each for each in counted if each not in silent]
        return _page("questions.html", **said, overview=overview, told=told, silent=silent)

    @routes.get("/audit/{question}")
    async def audit(
        comes: Comes,
        question: str,
        since: Day = None,
        until: Day = None,
        partner: Named = None,
        page: PageNumber = 1,
    ) -> Response:
        one_of("question", question, QUESTIONS)
        asked = QUESTIONS[question]
        given = {"since": since, "until": until, "partner": partner}
        said: dict[str, Any] = {
            "visitor": comes,
            "question": asked,
            "given": given,
            "partners": desk.partners(),
            "problem": None,
        }
        try:
            answer = answered(desk, comes, asked, since, until, partner)
        except (Problem, NotFound, TooMuch) as error:
            return _page("question.html", **said | {"answer": None, "problem": _as_problem(error)})
        part = Part.of(answer.rows, page, f"/audit/{question}", given)
        exports = {
            form: _link(f"/api/v1/audit/{question}", given | {"format": form}) for form in ("csv", "jsonl", "json")
        }
        about = export.about(answer)
        shown_as = {"part": part, "lines": _lines(asked, part.items), "exports": exports}
        shown_as |= {"queries": [Run.of(each) for each in about["queries"]], "root": about["ledger"]["root"]}
        return _page("question.html", **said | {"answer": answer, "ledger": _ledger_of(answer)} | shown_as)

    return routes


def to_login(request: Request) -> Response:
    """The login comes first, and then the page that was asked for."""
    asked = urlsplit(str(request.url))
    return _see(_link("/login", {"next": f"{asked.path}?{asked.query}" if asked.query else asked.path}))


def refused(problem: Problem) -> Response:
    """A problem, for people."""
    return _page("problem.html", status=problem.status, fields=problem.fields, problem=problem)


@dataclass(frozen=True, slots=True)
class Listed:
    """A question in the list of all, where it leads, and, where that was asked for, how long its answer is."""

    name: str
    title: str
    link: str
    counted: Counted | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What of something long stands on one page; ``first`` counts from 1. Links are None where there is nothing further."""

    items: Sequence[Any]
    first: int
    total: int
    before: str | None
    after: str | None

    @classmethod
    def of(cls, items: Sequence[Any], page: int, path: str, given: Mapping[str, str | None]) -> "Part":
        """The page of this number, or the last one."""
        last = max(1, -(-len(items) // ROWS))
        page = min(page, last)
        start = (page - 1) * ROWS

        def link(number: int) -> str | None:
            return _link(path, {**given, "page": str(number)}) if 1 <= number <= last else None

        return cls(items[start : start + ROWS], start + 1, len(items), link(page - 1), link(page + 1))


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and where it leads."""

    text: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A row; ``wrong`` is whether it tells of something that should not be."""

    cells: Sequence[Cell]
    wrong: bool


@dataclass(frozen=True, slots=True)
class Run:
    """A statement as it was run, with the first sets of its values as JSON, and how many ``more`` there are."""

    text: str
    shown: Sequence[str]
    more: int

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "Run":
        values = query["values"]
        return cls(
            query["statement"],
            [json.dumps(each, ensure_ascii=False) for each in values[:RUNS]],
            max(0, len(values) - RUNS),
        )


def _lines(question: Question, rows: Sequence[Sequence[Any]]) -> list[Line]:
    return [
        Line(
            [_cell(column, value) for column, value in zip(question.columns, row, strict=True)],
            question.wrong is not None and question.wrong(row),
        )
        for row in rows
    ]


def _cell(column: str, value: Any) -> Cell:
    asked_by = _LINKED.get(column)
    linked = asked_by is not None and isinstance(value, str) and 0 < len(value) <= LONGEST
    return Cell(as_cell(value), _link("/audit/trail", {str(asked_by): value}) if linked else None)


def _ledger_of(answer: Answer) -> Mapping[str, Any]:
    return _ledger(read_note(answer.checkpoint.encode()))


def _ledger(note: Note) -> Mapping[str, Any]:
    """How far the ledger was."""
    sealed = Checkpoint.read(note.text)
    return {"origin": sealed.origin, "size": sealed.size, "note": str(note)}


def _as_problem(error: Problem | NotFound | TooMuch) -> Problem:
    return error if isinstance(error, Problem) else problem_of(error)


def _see(path: str) -> Response:
    return RedirectResponse(path, 303)


def _own_path(path: str | None) -> str:
    """A page of ours to go on to; nobody is sent elsewhere by a link to our login."""
    split = urlsplit(path or "")
    own = path is not None and not split.scheme and not split.netloc and path.isprintable() and "\\" not in path
    return path if path and own and (split.path == "/audit" or split.path.startswith("/audit/")) else "/audit"


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _link(path: str, given: Mapping[str, str | None]) -> str:
    query = urlencode({name: value for name, value in given.items() if value}, errors="replace")
    return f"{path}?{query}" if query else path


def _page(template: str, *, status: int = 200, fields: Mapping[str, str] | None = None, **said: Any) -> Response:
    text = _TEMPLATES.get_template(template).render({"visitor": None} | said)
    return HTMLResponse(text.encode("utf-8", "replace"), status, headers=dict(fields or {}))


def _seen(value: Any) -> Any:
    """What stands in a page in place of a value; it is escaped after that."""
    if isinstance(value, datetime):
        return as_cell(value)
    # What a macro made is HTML already.
    return shown(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    finalize=_seen,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

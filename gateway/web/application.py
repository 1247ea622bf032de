"""The application: its paths, its answers when something is wrong, and the head of every answer."""

from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from canonical.errors import TallyError

from . import api, pages
from .bridge import Application, Message, Receive, Send
from .console import Console
from .gate import Gate, NotLoggedIn
from .problem import Problem, not_by_this_method, nothing_here, problem_of

_FIELDS = (
    # Nothing runs and nothing is fetched from elsewhere, whatever stands in a page.
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    # With no-referrer browsers would send our own forms with Origin: null.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NOT_KEPT = (b"cache-control", b"no-store")

_STYLE = "".join(
    path.read_text("utf-8")
    for path in (Path(__file__).parent.parent / "page.css", Path(__file__).parent / "console.css")
)


def application(console: Console) -> Application:
    """All paths of the console."""
    made = FastAPI(
        title="Tallystick",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    gate = Gate(console)
    made.include_router(api.router(console, gate))
    made.include_router(pages.router(console, gate))
    made.add_api_route("/page.css", _style, include_in_schema=False)
    _explain(made)
    return _with_fields(made)


async def _style() -> Response:
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


def _explain(made: FastAPI) -> None:
    """Have everything that goes wrong end in a problem, told to programs and people in their own ways."""

    async def told(request: Request, error: Exception) -> Response:
        match error:
            case NotLoggedIn():
                return pages.to_login(request)
            case Problem():
                problem = error
            case TallyError():
                problem = problem_of(error)
            case RequestValidationError():
                problem = _not_valid(error)
            case _:
                problem = not_by_this_method() if getattr(error, "status_code", 404) == 405 else nothing_here()
        return api.refused(problem) if request.url.path.startswith("/api/") else pages.refused(problem)

    for kind in (NotLoggedIn, Problem, TallyError, RequestValidationError, 404, 405):
        made.add_exception_handler(kind, told)


def _not_valid(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    where = str(first["loc"][-1])
    return Problem(
        422,
        "parameter",
        f"{where} is not as it must be.",
        str(first["msg"]),
        "Correct it, or leave it out.",
        where=where,
    )


def _with_fields(inner: Application) -> Application:
    """With what stands in the head of every answer."""

    async def outer(scope: Message, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                ours = (*_FIELDS, _NOT_KEPT)
                message["headers"] = [*message["headers"], *(field for field in ours if field[0] not in said)]
            await send(message)

        await inner(scope, receive, tell)

    return outer

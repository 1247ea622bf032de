"""Who comes in: programs by a bearer token, browsers by the cookie of a login."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..audit.desk import Reader, Way
from ..refused_logins import PAUSE
from ..users.logins import LASTS
from ..users.tables import Right, User
from .console import Console
from .problem import Problem

UNKNOWN_TOKEN = "an unknown token"  # noqa: S105 - no secret

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(HTTPBearer(auto_error=False, description="What `tally user token NAME` printed.")),
]


class NotLoggedIn(Exception):
    """A page was asked for by nobody; the login comes first."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and as whom it is noted."""

    user: User
    reader: Reader

    @property
    def exports(self) -> bool:
        """Whether payloads may be taken along."""
        return Right.EXPORT in self.user.role.rights

    def require_export(self) -> None:
        """Raises Problem."""
        if not self.exports:
            raise Problem(
                403,
                "role",
                "You may not take payloads along.",
                f"{self.user.name} is {self.user.role}, and evidence holds the files that were exchanged.",
                "Ask an auditor for it, or whoever runs the gateway for another role.",
            )


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate of one console."""

    console: Console

    def program(self, request: Request, bearer: HTTPAuthorizationCredentials | None) -> Visitor:
        """Whoever asks the API; a browser in which somebody is logged in may too. Raises Problem."""
        address = address_of(request)
        if bearer is not None:
            self.require_patience(address)
            user = self.console.users.by_token(bearer.credentials)
            if user is None:
                self.console.refused.note(address, UNKNOWN_TOKEN)
                raise _unauthorized("The token is nobody's.", "invalid_token")
            return Visitor(user, Reader(user.name, Way.API, address))
        try:
            return self.browser(request)
        except NotLoggedIn:
            raise _unauthorized("No token came with the request.") from None

    def browser(self, request: Request) -> Visitor:
        """Whoever looks at a page. Raises NotLoggedIn."""
        cookie = request.cookies.get(_cookie_name(request))
        user = None if cookie is None else self.console.logins.user(cookie)
        if user is None:
            raise NotLoggedIn
        return Visitor(user, Reader(user.name, Way.PAGE, address_of(request)))

    def log_in(self, request: Request, token: str, response: Response) -> bool:
        """Have the browser know who it is; whether the token was good. Raises Problem."""
        address = address_of(request)
        require_own_page(request)
        self.require_patience(address)
        cookie = self.console.logins.begin(token)
        if cookie is None:
            self.console.refused.note(address, UNKNOWN_TOKEN)
            return False
        response.set_cookie(
            _cookie_name(request),
            cookie,
            max_age=int(LASTS.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=_encrypted(request),
        )
        return True

    def log_out(self, request: Request, response: Response) -> None:
        """Forget the browser. Raises Problem."""
        require_own_page(request)
        name = _cookie_name(request)
        cookie = request.cookies.get(name)
        if cookie is not None:
            self.console.logins.end(cookie)
        response.delete_cookie(name, httponly=True, samesite="strict", secure=_encrypted(request))

    def require_patience(self, address: str) -> None:
        """Raises Problem where too many bad tokens came from an address."""
        if self.console.refused.paused(address):
            raise Problem(
                429,
                "too-many",
                "Too many wrong tokens came from your address.",
                "None is looked at for some minutes.",
                f"Wait {PAUSE.total_seconds() / 60:.0f} minutes, and compare the token with the one you were given.",
                fields={"Retry-After": f"{PAUSE.total_seconds():.0f}"},
            )


def require_own_page(request: Request) -> None:
    """Raises Problem for a form that was sent from elsewhere: a foreign page must neither log anybody in nor out.

    Browsers say where a form comes from, by Sec-Fetch-Site or, over plain HTTP, by Origin; one that says neither is none.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = site in ("same-origin", "none") if site is not None else _host_of(origin) == request.headers.get("host")
    if not own:
        raise Problem(
            403,
            "foreign-form",
            "This form was not sent by our own page.",
            "Your browser says that it comes from elsewhere, or does not say from where.",
            "Open /login and send it from there. A proxy in between must leave Host as it is.",
        )


def address_of(request: Request) -> str:
    return "" if request.client is None else request.client.host


def _host_of(origin: str | None) -> str:
    """What an Origin says of the host, as Host says it; a name that is none where it says nothing."""
    return "\0" if origin is None else origin.partition("://")[2] or "\0"


def _encrypted(request: Request) -> bool:
    return request.url.scheme == "https"


def _cookie_name(request: Request) -> str:
    """Over TLS a name that browsers take from this very host over TLS only (RFC 6265bis, section 4.1.3.2)."""
    return "__Host-tally" if _encrypted(request) else "tally"


def _unauthorized(why: str, error: str | None = None) -> Problem:
    challenge = 'Bearer realm="tallystick"' + (f', error="{error}"' if error else "")
    return Problem(
        401,
        "token",
        "Say who you are.",
        why,
        "Send Authorization: Bearer with the token that `tally user token NAME` printed.",
        fields={"WWW-Authenticate": challenge},
    )

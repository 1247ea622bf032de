"""Database URLs: read, and shown without what is secret in them."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from canonical.errors import Misconfigured

EXAMPLES = (
    "Write for example sqlite:////var/lib/tally/tally.db or postgresql+psycopg://tally:secret@db.example/tally; characters of a password "
    "that mean something in a URL (@ : / ? #) are written as %40 and the like."
)

_SECRET = ("password", "passfile", "sslpassword", "sslkey")
"""Parts of a query that psycopg takes and nobody else must see."""


def parsed(url: str) -> URL:
    """What ``url`` says. Raises Misconfigured, without repeating what may hold a password."""
    try:
        found = make_url(url)
        name = found.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise Misconfigured(f"The database URL is none. {EXAMPLES}") from error
    # More than one @ means that the password, or a part of it, was taken for the host.
    if not name or "@" in (found.host or ""):
        raise Misconfigured(f"The database URL is none. {EXAMPLES}")
    return found


def shown(url: URL) -> str:
    """The URL as people may see it."""
    query = {name: "***" if name in _SECRET else value for name, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def for_programs(url: URL) -> str:
    """The URL as PostgreSQL's own programs take it, without what is secret: they ask for a password, or find it in their own ways."""
    place = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return place.difference_update_query(_SECRET).render_as_string()

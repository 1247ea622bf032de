"""What whoever connects in a partner's name must show, beyond what messages prove: a client certificate, a name and a password."""

from dataclasses import dataclass

from partners.as2_terms import As2Terms

from ..listeners.http import Answer, Head, plain
from ..listeners.http.basic import BasicPasswords, credentials_of, unauthorized


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """Who does not get in is answered; ``why`` is for the operator."""

    answer: Answer
    why: str


def refused_at_the_door(as2: As2Terms, head: Head, passwords: BasicPasswords) -> AtTheDoor | None:
    """Why a request does not come in; None where it does. May wait for a password to be checked."""
    shown = head.peer.certificate
    if as2.http.client_certificates and shown not in as2.http.shown:
        why = "It showed no client certificate." if shown is None else "It showed another client certificate."
        return AtTheDoor(plain(403, "Connect with the client certificate that was agreed."), why)
    if as2.http.partner_username is None:
        return None
    given = credentials_of(head.fields)
    stored = as2.http.partner_password_hash if given and given.username == as2.http.partner_username else None
    if given is None or not passwords.verify(stored, given.password):
        why = "It gave no user name and password." if given is None else "Its user name or password is wrong."
        return AtTheDoor(unauthorized(), why)
    return None

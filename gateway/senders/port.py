"""What the outbound path needs from whatever carries bytes to a partner."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Protocol

from sqlalchemy.orm import Session

from partners.registry import AppliedProfile

Effects = Callable[[Session], None]
"""What is committed with the note that something was handed over."""


class Form(StrEnum):
    """What a file is, as far as whoever carries it must say so."""

    X12 = "x12"
    FILE = "file"
    ENTITY = "entity"
    """A MIME entity that says itself what it is: its fields, an empty line, its body. Only AS2 carries it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file to be handed over: ``content`` at its beginning, the same bytes at each attempt at ``transmission``.

    ``beyond`` is a message that carried it before and that the partner confirmed: it is asked for once more, so that this one does not do.
    """

    transmission: str
    filename: str
    content: BinaryIO = field(repr=False)
    form: Form
    beyond: str | None = None


class Senders(Protocol):
    """Carries bytes to partners, each by the way its profile names."""

    def send(self, applied: AppliedProfile, parcel: Parcel) -> Effects | None:
        """Put the file where the partner of this profile gets it, whole and durable before this returns.

        The same transmission again changes nothing. Raises :class:`canonical.errors.Retryable` when it may work later,
        :class:`canonical.errors.Misconfigured` when an operator must act.
        """
        ...

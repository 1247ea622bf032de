"""A text message: words for people, where no other document has a place for them."""

from typing import Literal

from pydantic import Field

from .base import Value
from .document import Document
from .item import EventDate
from .party import Party


class TextLine(Value):
    """One line of text as it stood."""

    text: str


class Message(Value):
    """One message. ``number`` is its sender's name for it, ``title`` its heading, ``parties`` those whom it alone concerns."""

    number: str
    title: str | None = None
    parties: tuple[Party, ...] = ()
    lines: tuple[TextLine, ...] = ()


class TextMessage(Document):
    """X12 864 and its like: one or more messages under one ``subject``. It is known by the number of the first."""

    type: Literal["TextMessage"] = "TextMessage"
    subject: str | None = None
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()
    messages: tuple[Message, ...] = Field(min_length=1)

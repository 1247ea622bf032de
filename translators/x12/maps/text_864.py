"""864, the text message."""

from canonical.text_message import Message, TextLine, TextMessage

from .code_tables import PURPOSES
from .loops import each
from .parts_item import dates
from .parts_party import PARTIES
from .records import Choice, Field, Record
from .set_map import SetMap

_HEAD = Record(
    "BMG",
    TextMessage,
    Choice("purpose", 1, PURPOSES, other="other", fallback="ZZ"),
    Field("subject", 2),
    needed=("purpose",),
)

_MESSAGE = Record("MIT", Message, Field("number", 1), Field("title", 2), needed=("number",))

_LINE = Record("MSG", TextLine, Field("text", 1), needed=("text",))

TEXT_MESSAGE = SetMap(
    set_id="864",
    document_type=TextMessage,
    head=_HEAD,
    children=(
        dates(),
        PARTIES,
        each("messages", _MESSAGE, PARTIES, each("lines", _LINE)),
    ),
)

"""The files a message carries (RFC 4130, section 5; draft-meadors-multiple-attachments-ediint)."""

from dataclasses import dataclass

from .filenames import safe_name
from .mime.entity import Entity
from .mime.parameters import filename
from .mime.span import Span
from .mime.transfer import decoded
from .mime.workspace import Workspace

_SEVERAL = {"multipart/related", "multipart/mixed"}
_UNNAMED_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Payload:
    """One file.

    ``content`` is read by ``content.open()`` or ``content.chunks()``. ``filename`` is safe to use, or None where there is none;
    ``sender_filename`` is what the sender wrote, which may be a path or worse, and is for reading only. ``content_type`` is the whole
    value of the field; ``content_id`` is the Content-ID without its brackets, by which other parts refer to this one.
    """

    content: Span
    filename: str | None
    sender_filename: str | None
    content_type: str
    content_id: str | None = None


def read_payloads(entity: Entity, workspace: Workspace) -> tuple[Payload, ...]:
    """The files in the content of a message, in order. Raises :class:`.mime.malformed.Malformed`."""
    if entity.media_type.value in _SEVERAL:
        return tuple(_payload(part, workspace) for part in entity.parts())
    return (_payload(entity, workspace),)


def _payload(entity: Entity, workspace: Workspace) -> Payload:
    written = filename(entity.headers)
    identifier = entity.headers.get("content-id")
    return Payload(
        content=decoded(entity, workspace),
        filename=None if written is None else safe_name(written),
        sender_filename=written,
        content_type=entity.headers.get("content-type") or _UNNAMED_TYPE,
        content_id=None if identifier is None else identifier.removeprefix("<").removesuffix(">"),
    )

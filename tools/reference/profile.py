"""docs/reference/profile.md, from partners/profile.py."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from partners import templates
from partners.profile import Profile

from . import markdown, wording

Entry = tuple[str, FieldInfo, type[BaseModel] | None]
"""Key, field, and the section that it opens, if it does."""


def render() -> str:
    return markdown.page(
        "A partner's profile",
        "`partners/profile.py`",
        "One file a partner: `partners/<id>.yaml` in the home. `tally partner new` writes one to start from "
        f"(templates: {markdown.listed(templates.names())}); nothing counts until `tally partner apply`. "
        "A key that is not listed here is an error. Keys with a dot stand in a section: `x12.us.id` is `id` under `us` under `x12`.",
        *(_section(title, list(rows)) for title, rows in _sections()),
        "Rules between keys: a profile has at least one of `sftp`, `as2` and `folder: true`; `documents.send` needs `x12`; "
        "`documents.receive` needs "
        "`x12` or `csv`; `x12.us` and `x12.them` differ; no delimiter occurs in an interchange or group ID.",
    )


def _sections() -> Iterator[tuple[str, list[Entry]]]:
    found = list(entries())
    top = [entry for entry in found if "." not in entry[0]]
    yield "The file", top
    for key, _, opened in top:
        inner = [entry for entry in found if entry[0].startswith(f"{key}.")]
        if opened is not None and inner:
            yield key, inner


def _section(title: str, rows: list[Entry]) -> str:
    heading = title if title == "The file" else markdown.code(title)
    table = markdown.table(("key", "value", "default", "meaning"), [_row(*entry) for entry in rows])
    return f"## {heading}\n\n{table}"


def entries(model: type[BaseModel] = Profile, above: str = "") -> Iterator[Entry]:
    """Every key of a profile, sections before what is in them."""
    for name, field in model.model_fields.items():
        key = above + name
        inner = _section_in(field.annotation)
        yield key, field, inner
        if inner is not None:
            yield from entries(inner, f"{key}.")


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """The section that a field opens: itself, or each entry of its list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple):
        return next(filter(None, map(_section_in, get_args(annotation))), None)
    return None


def _row(key: str, field: FieldInfo, opened: type[BaseModel] | None) -> tuple[str, ...]:
    if field.is_required():
        default = "required"
    elif opened is not None or field.default in (None, (), {}):
        default = ""
    else:
        default = markdown.value(field.default)
    return markdown.code(key), _form(field), default, _meaning(key, field)


def _meaning(key: str, field: FieldInfo) -> str:
    return field.description or wording.PROFILE[key]


def _form(field: FieldInfo) -> str:
    """What may be written: the words of the check that refuses everything else, or the type."""
    kind = markdown.type_words(field.annotation)
    if kind not in ("text", "list of text"):
        return kind
    form = _refused_words(field)
    return kind if form is None else form if kind == "text" else f"list of: {form}"


def _refused_words(field: FieldInfo) -> str | None:
    """The reason a text that can never be right is refused for, turned into what would be right."""
    annotation: Any = field.annotation
    adapter = TypeAdapter(Annotated[annotation, *field.metadata] if field.metadata else annotation)
    impossible = "\0"
    for attempt in (impossible, (impossible,)):
        try:
            adapter.validate_python(attempt)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            if fault["type"] == "profile":
                return _turned(fault["msg"])
    return None


def _turned(message: str) -> str:
    for opening in ("is not an ", "is not a ", "is not "):
        _, found, rest = message.partition(opening)
        if found:
            return rest.rstrip(".")
    return message.rpartition(": ")[2].removeprefix("take ").rstrip(".")


def undocumented() -> list[str]:
    """Keys that nobody has described, or that are described twice, and descriptions of what is gone."""
    found = {key: field for key, field, _ in entries()}
    unsaid = [key for key, field in found.items() if not field.description and key not in wording.PROFILE]
    return unsaid + [f"{key} (described twice, or gone)" for key in wording.PROFILE if _superfluous(found.get(key))]


def _superfluous(field: FieldInfo | None) -> bool:
    return field is None or bool(field.description)

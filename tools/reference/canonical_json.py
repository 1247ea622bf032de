"""docs/reference/canonical.schema.json and canonical.md, from canonical/documents.py."""

import inspect
import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from canonical.documents import DOCUMENTS, AnyDocument
from partners.agreement import SET_OF_DOCUMENT

from . import markdown


def schema() -> str:
    """The JSON schema of an array of documents, as pydantic derives it."""
    body = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | DOCUMENTS.json_schema()
    return json.dumps(_plain(body), indent=2) + "\n"


def _plain(value: Any) -> Any:
    """The schema with docstrings as plain text."""
    if isinstance(value, dict):
        return {
            key: markdown.plain(inner) if key == "description" and isinstance(inner, str) else _plain(inner)
            for key, inner in value.items()
        }
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def render() -> str:
    documents = _documents()
    return markdown.page(
        "Canonical JSON",
        "`canonical/`",
        "What `tally convert --to json` prints, what stands in `erp/out`, and what is read from `erp/in`: an array of documents, each "
        "with its `type`. [connect-an-erp.md](../howto/connect-an-erp.md) says how the files come and go, "
        "[canonical.schema.json](canonical.schema.json) is the same for programs.",
        'We write decimals as text (`"12.50"`, so that no program makes a binary fraction of them), dates as `2026-11-20`, times as '
        "`14:30:00`, and leave out what has no value; a list without entries is `[]`. Reading, we take decimals as text or as numbers. A "
        'key that is not listed is an error. Where a field says `...` or "the code used", the X12 code stands wherever we have no '
        "name for it.",
        "## Documents",
        markdown.table(
            ("type", "X12", "what it is"),
            [
                (f"[{one.__name__}](#{one.__name__.lower()})", _set_of(one), markdown.summary(inspect.getdoc(one)))
                for one in documents
            ],
        ),
        *map(_model, documents),
        "## Parts",
        *map(_model, _parts(documents)),
    )


def _documents() -> tuple[type[BaseModel], ...]:
    union, _ = get_args(AnyDocument)
    return get_args(union)


def _set_of(document: type[BaseModel]) -> str:
    return SET_OF_DOCUMENT.get(document.__name__, "TA1")


def _parts(documents: tuple[type[BaseModel], ...]) -> list[type[BaseModel]]:
    """Every value that documents are made of, by name."""
    found: dict[str, type[BaseModel]] = {}
    for document in documents:
        for part in _inside(document):
            _collect(part, found)
    return [found[name] for name in sorted(found)]


def _collect(model: type[BaseModel], found: dict[str, type[BaseModel]]) -> None:
    if model.__name__ not in found:
        found[model.__name__] = model
        for part in _inside(model):
            _collect(part, found)


def _inside(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for field in model.model_fields.values():
        yield from _models(field.annotation)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _model(model: type[BaseModel]) -> str:
    rows = [
        (markdown.code(name), markdown.type_words(field.annotation, linked=True), "yes" if _needed(name, model) else "")
        for name, field in model.model_fields.items()
    ]
    about = " ".join(markdown.plain(inspect.getdoc(model) or "").split())
    table = markdown.table(("field", "value", "required"), rows)
    return f"### {model.__name__}\n\n" + (f"{about}\n\n" if about else "") + table


def _needed(name: str, model: type[BaseModel]) -> bool:
    """What a file must give: ``type`` has a default in Python, but nothing else tells documents apart."""
    return model.model_fields[name].is_required() or name == "type"


def undocumented() -> list[str]:
    documents = _documents()
    models = [*documents, *_parts(documents)]
    return [model.__name__ for model in models if not inspect.getdoc(model) or _inherits_doc(model)]


def _inherits_doc(model: type[BaseModel]) -> bool:
    return model.__doc__ is None

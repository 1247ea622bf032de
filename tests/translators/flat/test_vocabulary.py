"""Every name in the tables leads to a field that exists in the canonical model, and no name leads to two."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from translators.flat.vocabulary import DOCUMENT_TYPES, ROOT, DocumentType, FieldSpec, Scope

TAGS = {
    "<item_scheme>": "vendor_part",
    "<party_scheme>": "gln",
    "<carrier_scheme>": "scac",
    "<date_kind>": "shipped",
    "<reference_kind>": "tracking",
    "<mark_kind>": "upc_case",
    "<tax_kind>": "value_added_tax",
    "<direction>": "charge",
    "<service>": "freight",
    "<role>": "ship_to",
    "<function>": "buyer",
    "<measure>": "gross_weight",
}


def every_field() -> Iterator[Any]:
    for document_type in DOCUMENT_TYPES.values():
        for template in document_type.names():
            name = template
            for placeholder, tag in TAGS.items():
                name = name.replace(placeholder, tag)
            yield pytest.param(document_type, name, id=f"{document_type.name} {name}")


def inside(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model inside an optional or a tuple, and whether there may be many."""
    if get_origin(annotation) in (Union, UnionType):
        return inside(next(part for part in get_args(annotation) if part is not type(None)))
    if get_origin(annotation) is tuple:
        return inside(get_args(annotation)[0])[0], True
    return (annotation, False) if isinstance(annotation, type) and issubclass(annotation, BaseModel) else (None, False)


def model_of(document_type: DocumentType, scope: Scope) -> type[BaseModel]:
    if scope.name == ROOT:
        return document_type.model
    outer: type[BaseModel] = document_type.model
    for name in ["levels"] if scope.name.startswith("levels.") else scope.name.split("."):
        found, many = inside(outer.model_fields[name].annotation)
        assert found is not None
        assert many
        outer = found
    return outer


@pytest.mark.parametrize(("document_type", "name"), list(every_field()))
def test_the_name_leads_to_a_field(document_type: DocumentType, name: str) -> None:
    spec = document_type.resolve(name)
    assert isinstance(spec, FieldSpec)
    scope = next(scope for scope in document_type.scopes if scope.name == spec.scope)
    model: type[BaseModel] = model_of(document_type, scope)
    for step in spec.steps:
        inner, many = inside(model.model_fields[step.attribute].annotation)
        assert inner is not None
        assert many == step.many
        assert all(key in inner.model_fields for key, _ in step.tags)
        model = inner
    assert spec.leaf in model.model_fields
    needed = spec.needs is None or document_type.resolve(spec.needs)
    assert needed


@pytest.mark.parametrize("document_type", list(DOCUMENT_TYPES.values()), ids=list(DOCUMENT_TYPES))
def test_no_two_names_are_the_same_place(document_type: DocumentType) -> None:
    specs = [
        document_type.resolve(parameter.values[1])
        for parameter in every_field()
        if parameter.values[0] is document_type
    ]
    places = [(spec.scope, spec.steps, spec.leaf, spec.position) for spec in specs if spec is not None]
    assert len(places) == len(set(places))


@pytest.mark.parametrize(
    ("document", "meant", "suggestion"),
    [
        ("Invoice", "lines.price", "lines.price.amount"),
        ("ShipNotice", "levels.pack.marks.sscc", "levels.pack.marks.sscc_bare"),
        ("ShipNotice", "levels.packs.sscc", "levels.pack.sscc"),
        ("PurchaseOrderAcknowledgement", "lines.response.status", "lines.responses.status"),
    ],
)
def test_slips_are_understood(document: str, meant: str, suggestion: str) -> None:
    document_type = DOCUMENT_TYPES[document]
    assert document_type.resolve(meant) is None
    assert document_type.suggest(meant) == suggestion


def test_a_code_without_a_name_can_be_written() -> None:
    spec = DOCUMENT_TYPES["Invoice"].resolve("lines.items.A8")
    assert spec is not None
    assert spec.steps[0].tags == (("scheme", "A8"),)

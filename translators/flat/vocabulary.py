"""The names a partner's column map may use, one table a document type.

A name is the path of a canonical field (``lines.quantity.value``). Names with ``<...>`` stand for a family: where
``lines.items.<item_scheme>`` stands, any of our scheme names (``vendor_part``) may be written or, where we have none, the
X12 code (``lines.items.A8``).

A document is a nest of *scopes*: the document, its lines, the responses to a line; or shipment, order, tare, pack, item. Every
field belongs to the scope whose prefix its name has.
"""

import difflib
import re
from dataclasses import dataclass
from functools import cache

from canonical.acknowledgement import PurchaseOrderAcknowledgement
from canonical.invoice import Invoice
from canonical.order import PurchaseOrder
from canonical.shipment import ShipNotice

from ..x12.maps import code_tables
from ..x12.maps.codes import Codes
from .values import Kind

FlatModel = PurchaseOrder | PurchaseOrderAcknowledgement | ShipNotice | Invoice
"""The documents that can be CSV."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step from an object towards a field: into ``attribute``, and if ``many`` to the entry that carries ``tags``.

    ``many`` without tags is the first entry. Tags on a step that is not ``many`` say what the object is (its scheme).
    """

    attribute: str
    many: bool = False
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One canonical field. ``steps`` lead from the scope's object to the object that holds ``leaf``; ``position`` is the
    place in the list where the leaf is a list of texts. ``needs`` is the name of the field without which this means nothing.
    """

    name: str
    scope: str
    kind: Kind
    steps: tuple[Step, ...]
    leaf: str
    position: int | None = None
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """One level of repetition. ``attribute`` is where its entries stand in the enclosing object, ``tags`` what they all carry.

    Rows with the same key belong to one entry: the key is made of the first of ``keys`` (a field, or a family ending in a
    dot) that has values in the row. A ``single`` scope has one entry. An ``optional`` one may be left out between the scopes
    around it (a carton on no pallet). An ``implied`` one can come from constants and defaults alone.
    """

    name: str
    attribute: str
    keys: tuple[str, ...] = ()
    single: bool = False
    optional: bool = False
    implied: bool = False
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A document type: its model, its scopes from the outside in, the field that numbers it, and its tables of names."""

    model: type[FlatModel]
    number: str
    required: tuple[str, ...]
    scopes: tuple[Scope, ...]
    templates: "tuple[_Template, ...]"

    @property
    def name(self) -> str:
        return self.model.__name__

    def resolve(self, name: str) -> FieldSpec | None:
        """The field called ``name``, or None where there is none."""
        parts = name.split(".")
        for template in self.templates:
            tags = template.match(parts)
            if tags is not None:
                return template.field(name, tags)
        return None

    def suggest(self, name: str) -> str | None:
        """The name that was probably meant: one that goes on where ``name`` stops, or else one that is written alike."""
        spoken = [known for template in self.templates for known in template.examples()]
        longer = [known for known in spoken if known.startswith(f"{name}.")]
        return next(iter(longer or difflib.get_close_matches(name, spoken, n=1, cutoff=0.6)), None)

    def names(self) -> tuple[str, ...]:
        """All names, families with their placeholders: what a guide for partners prints."""
        return tuple(template.name for template in self.templates)


ROOT = "document"
"""The name of the outermost scope."""

_KNOWN: dict[str, Codes] = {
    "item_scheme": code_tables.ITEM_SCHEMES,
    "party_scheme": code_tables.IDENTIFIER_SCHEMES,
    "carrier_scheme": code_tables.IDENTIFIER_SCHEMES,
    "date_kind": code_tables.DATES,
    "reference_kind": code_tables.REFERENCES,
    "mark_kind": code_tables.MARKS,
    "tax_kind": code_tables.TAX_KINDS,
    "direction": Codes("248", {"A": "allowance", "C": "charge"}),
    "service": code_tables.SERVICES,
    "role": code_tables.ROLES,
    "function": code_tables.CONTACTS,
    "measure": code_tables.MEASUREMENTS,
}
"""The names that may stand for each placeholder: the same as everywhere in canonical documents."""
_CODE = re.compile(r"[A-Z0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class _Template:
    """A row of a table: the name, and the path in the scope's object in the small notation that ``_steps`` reads."""

    scope: str
    name: str
    kind: Kind
    path: str
    needs: str | None = None

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """The placeholders' values when ``parts`` is a name of this family."""
        pattern = self.name.split(".")
        if len(pattern) != len(parts):
            return None
        tags: dict[str, str] = {}
        for expected, part in zip(pattern, parts, strict=True):
            if not expected.startswith("<"):
                if expected != part:
                    return None
            elif not _is_tag(expected.strip("<>"), part):
                return None
            else:
                tags[expected] = part
        return tags

    def field(self, name: str, tags: dict[str, str]) -> FieldSpec:
        path, needs = self.path, self.needs
        for placeholder, value in tags.items():
            path = path.replace(placeholder, value)
            needs = None if needs is None else needs.replace(placeholder, value)
        *steps, last = path.split("/")
        leaf, _, position = last.partition("#")
        return FieldSpec(
            name, self.scope, self.kind, tuple(map(_step, steps)), leaf, int(position) if position else None, needs
        )

    def examples(self) -> list[str]:
        """The names people may have meant: families with each of our known tags."""
        names = [self.name]
        for family in _KNOWN:
            names = [name.replace(f"<{family}>", tag) for name in names for tag in _tags(family)]
            names = list(dict.fromkeys(names))
        return names


def _is_tag(family: str, tag: str) -> bool:
    """Whether ``tag`` is a name of the family, or a code that has no name."""
    if tag in _tags(family):
        return True
    return family != "direction" and bool(_CODE.fullmatch(tag)) and not _KNOWN[family].known(tag)


def _tags(family: str) -> list[str]:
    """The names of a family. An SSCC is a mark with a field of its own, since it is checked."""
    return [name for name in _KNOWN[family].names.values() if (family, name) != ("mark_kind", "sscc")]


_STEP = re.compile(r"(?P<attribute>\w+)(?P<bracket>[\[{](?P<tags>[^\]}]*)[\]}])?")


@cache
def _step(text: str) -> Step:
    """``items[scheme=gtin]`` the entry so tagged; ``terms[]`` the first entry; ``date{kind=shipped}`` an object so tagged."""
    found = _STEP.fullmatch(text)
    assert found is not None, text
    pairs = [pair.split("=") for pair in (found["tags"] or "").split(",") if pair]
    many = (found["bracket"] or "").startswith("[")
    return Step(found["attribute"], many, tuple((key, value) for key, value in pairs))


_Row = tuple[str, Kind, str] | tuple[str, Kind, str, str]


def _table(scope: str, prefix: str, *groups: tuple[_Row, ...], into: str = "") -> tuple[_Template, ...]:
    """Rows of (name, kind, path, needs) under a prefix. ``into`` goes before each path, ``needs`` is a name in the same table."""
    templates = []
    for row in (row for group in groups for row in group):
        needs = row[3] if len(row) == 4 else None
        templates.append(
            _Template(scope, prefix + row[0], row[1], into + row[2], None if needs is None else prefix + needs)
        )
    return tuple(templates)


def _quantity(name: str, path: str | None = None) -> tuple[_Row, ...]:
    base = name.replace(".", "/") if path is None else path
    return (
        (f"{name}.value", Kind.DECIMAL, f"{base}/value"),
        (f"{name}.unit", Kind.TEXT, f"{base}/unit", f"{name}.value"),
    )


def _needing(field: str, *groups: tuple[_Row, ...]) -> tuple[_Row, ...]:
    """The rows of ``groups``, each that needs nothing yet needing ``field``."""
    return tuple(row if len(row) == 4 else (*row, field) for group in groups for row in group)


_ITEMS: tuple[_Row, ...] = (("items.<item_scheme>", Kind.TEXT, "items[scheme=<item_scheme>]/value"),)
_DATES: tuple[_Row, ...] = (
    ("dates.<date_kind>", Kind.DATE, "dates[kind=<date_kind>]/date"),
    ("dates.<date_kind>.time", Kind.TIME, "dates[kind=<date_kind>]/time"),
)
_REFERENCES: tuple[_Row, ...] = (
    ("references.<reference_kind>", Kind.TEXT, "references[kind=<reference_kind>]/value"),
    ("references.<reference_kind>.description", Kind.TEXT, "references[kind=<reference_kind>]/description"),
)
_DESCRIPTIONS: tuple[_Row, ...] = (("descriptions.text", Kind.TEXT, "descriptions[]/text"),)
_NOTES: tuple[_Row, ...] = (("notes.text", Kind.TEXT, "notes[]/text"),)
_PRICE: tuple[_Row, ...] = (
    ("price.amount", Kind.DECIMAL, "price/amount"),
    ("price.basis", Kind.PRICE_BASIS, "price/basis", "price.amount"),
)
_MEASUREMENTS = _quantity("measurements.<measure>", "measurements[kind=<measure>]/quantity")
_PARTY = "parties[role=<role>]"
_PARTIES: tuple[_Row, ...] = (
    ("parties.<role>.name", Kind.TEXT, f"{_PARTY}/name"),
    ("parties.<role>.name2", Kind.TEXT, f"{_PARTY}/additional_names#0"),
    ("parties.<role>.identifier.<party_scheme>", Kind.TEXT, f"{_PARTY}/identifier{{scheme=<party_scheme>}}/value"),
    ("parties.<role>.address.line1", Kind.TEXT, f"{_PARTY}/address/lines#0"),
    ("parties.<role>.address.line2", Kind.TEXT, f"{_PARTY}/address/lines#1"),
    ("parties.<role>.address.city", Kind.TEXT, f"{_PARTY}/address/city"),
    ("parties.<role>.address.region", Kind.TEXT, f"{_PARTY}/address/region"),
    ("parties.<role>.address.postal_code", Kind.TEXT, f"{_PARTY}/address/postal_code"),
    ("parties.<role>.address.country", Kind.TEXT, f"{_PARTY}/address/country"),
)
_CONTACT = "contacts[function=<function>]"
_CONTACTS: tuple[_Row, ...] = (
    ("contacts.<function>.name", Kind.TEXT, f"{_CONTACT}/name"),
    ("contacts.<function>.telephone", Kind.TEXT, f"{_CONTACT}/channels[kind=telephone]/value"),
    ("contacts.<function>.email", Kind.TEXT, f"{_CONTACT}/channels[kind=email]/value"),
)
_TERMS: tuple[_Row, ...] = (
    ("terms.kind", Kind.TERMS_KIND, "terms[]/kind"),
    ("terms.basis", Kind.TERMS_BASIS, "terms[]/basis"),
    ("terms.discount_percent", Kind.DECIMAL, "terms[]/discount_percent"),
    ("terms.discount_due", Kind.DATE, "terms[]/discount_due"),
    ("terms.discount_days", Kind.INTEGER, "terms[]/discount_days"),
    ("terms.discount_amount", Kind.DECIMAL, "terms[]/discount_amount"),
    ("terms.net_due", Kind.DATE, "terms[]/net_due"),
    ("terms.net_days", Kind.INTEGER, "terms[]/net_days"),
    ("terms.description", Kind.TEXT, "terms[]/description"),
)
_DELIVERIES: tuple[_Row, ...] = (
    ("deliveries.freight_terms", Kind.FREIGHT_TERMS, "deliveries[]/freight_terms"),
    ("deliveries.carrier.<carrier_scheme>", Kind.TEXT, "deliveries[]/carrier{scheme=<carrier_scheme>}/value"),
    ("deliveries.routing", Kind.TEXT, "deliveries[]/routing"),
    ("deliveries.mode", Kind.MODE, "deliveries[]/mode"),
    ("deliveries.service_level", Kind.TEXT, "deliveries[]/service_level"),
)
_ADJUSTMENT = "adjustments[kind=<direction>,service=<service>]"
_ADJUSTMENTS: tuple[_Row, ...] = (
    ("adjustments.<direction>.<service>.amount", Kind.DECIMAL, f"{_ADJUSTMENT}/amount"),
    ("adjustments.<direction>.<service>.percent", Kind.DECIMAL, f"{_ADJUSTMENT}/percent"),
    ("adjustments.<direction>.<service>.description", Kind.TEXT, f"{_ADJUSTMENT}/description"),
)
_TAXES: tuple[_Row, ...] = (
    ("taxes.<tax_kind>.amount", Kind.DECIMAL, "taxes[kind=<tax_kind>]/amount"),
    ("taxes.<tax_kind>.percent", Kind.DECIMAL, "taxes[kind=<tax_kind>]/percent"),
)
_TOTALS: tuple[_Row, ...] = (
    ("total_amount", Kind.DECIMAL, "total_amount"),
    ("line_count", Kind.INTEGER, "line_count"),
    ("quantity_total", Kind.DECIMAL, "quantity_total"),
)
_PURPOSE: tuple[_Row, ...] = (("purpose", Kind.PURPOSE, "purpose"),)
_HEAD = (_REFERENCES, _CONTACTS, _DATES, _TERMS, _DELIVERIES, _ADJUSTMENTS, _PARTIES, _NOTES, _TOTALS, _PURPOSE)
_LINE: tuple[_Row, ...] = (("number", Kind.TEXT, "number"), *_quantity("quantity"), *_PRICE, *_ITEMS, *_DESCRIPTIONS)


def _texts(*names: str) -> tuple[_Row, ...]:
    return tuple((name, Kind.TEXT, name) for name in names)


def _days(*names: str) -> tuple[_Row, ...]:
    return tuple((name, Kind.DATE, name) for name in names)


_LINES = Scope("lines", "lines", ("lines.number", "lines.items."))
_DATED: tuple[_Row, ...] = (("date.<date_kind>", Kind.DATE, "date{kind=<date_kind>}/date"),)

PURCHASE_ORDER = DocumentType(
    PurchaseOrder,
    "number",
    ("number", "order_date"),
    (Scope(ROOT, "", single=True), _LINES, Scope("lines.schedule", "schedule")),
    (
        *_table(ROOT, "", _texts("number", "release", "contract", "currency"), _days("order_date")),
        *_table(ROOT, "", (("order_type", Kind.ORDER_TYPE, "order_type"),)),
        *_table(ROOT, "", *_HEAD, _TAXES),
        *_table("lines", "lines.", _LINE, _DATES, _ADJUSTMENTS, _TAXES, _REFERENCES, _MEASUREMENTS, _NOTES),
        *_table("lines.schedule", "lines.schedule.", _needing("quantity.value", _quantity("quantity")[1:], _DATED)),
        *_table("lines.schedule", "lines.schedule.", _quantity("quantity")[:1]),
    ),
)

ACKNOWLEDGEMENT = DocumentType(
    PurchaseOrderAcknowledgement,
    "order_number",
    ("order_number", "order_date", "answer"),
    (Scope(ROOT, "", single=True), _LINES, Scope("lines.responses", "responses", implied=True)),
    (
        *_table(ROOT, "", _texts("order_number", "release", "request", "contract", "seller_order", "currency")),
        *_table(ROOT, "", _days("order_date", "acknowledged_on"), (("answer", Kind.ANSWER, "answer"),), *_HEAD),
        *_table("lines", "lines.", _LINE, _DATES, _ADJUSTMENTS, _REFERENCES, _NOTES),
        *_table("lines.responses", "lines.responses.", (("status", Kind.STATUS, "status"),)),
        *_table(
            "lines.responses", "lines.responses.", _needing("status", _quantity("quantity"), _ITEMS, _DATED, _DATES)
        ),
    ),
)

INVOICE = DocumentType(
    Invoice,
    "number",
    ("number", "invoice_date", "total_amount"),
    (Scope(ROOT, "", single=True), _LINES),
    (
        *_table(ROOT, "", _texts("number", "order_number", "release", "currency"), *_HEAD, _TAXES),
        *_table(ROOT, "", (("kind", Kind.INVOICE_KIND, "kind"),)),
        *_table(ROOT, "", _days("invoice_date", "order_date")),
        *_table(
            ROOT,
            "",
            tuple(
                (name, Kind.DECIMAL, name) for name in ("discountable_amount", "discounted_amount", "discount_amount")
            ),
        ),
        *_table("lines", "lines.", _LINE, _DATES, _ADJUSTMENTS, _TAXES, _REFERENCES, _MEASUREMENTS),
    ),
)

_PACKAGING: tuple[_Row, ...] = (
    ("packaging.form", Kind.TEXT, "packaging[]/form"),
    ("packaging.count", Kind.INTEGER, "packaging[]/count"),
    *_quantity("packaging.weight", "packaging[]/weight"),
    *_quantity("packaging.volume", "packaging[]/volume"),
)
_EQUIPMENT: tuple[_Row, ...] = tuple(
    (f"equipment.{name}", Kind.TEXT, f"equipment[]/{name}") for name in ("kind", "initial", "number", "seal")
)
_LEVEL = (_REFERENCES, _DATES, _MEASUREMENTS, _PACKAGING, _DESCRIPTIONS)
_MARKS: tuple[_Row, ...] = (
    ("sscc", Kind.SSCC, "marks[kind=sscc]/value"),
    ("marks.<mark_kind>", Kind.TEXT, "marks[kind=<mark_kind>]/value"),
)
_ORDER: tuple[_Row, ...] = (
    ("number", Kind.TEXT, "order/number"),
    ("release", Kind.TEXT, "order/release", "number"),
    ("date", Kind.DATE, "order/date", "number"),
    ("contract", Kind.TEXT, "order/contract", "number"),
)
_SHIPPED: tuple[_Row, ...] = (
    ("line_number", Kind.TEXT, "line_number"),
    *_ITEMS,
    *_quantity("shipped"),
    ("shipped_to_date", Kind.DECIMAL, "shipped_to_date"),
    *_quantity("ordered"),
    ("status", Kind.TEXT, "status"),
)


def _level(kind: str, *keys: str) -> Scope:
    name, single = f"levels.{kind}", kind == "shipment"
    named = tuple(f"{name}.{key}" for key in keys)
    return Scope(name, "children", named, single, optional=not single, tags=(("kind", kind),))


SHIP_NOTICE = DocumentType(
    ShipNotice,
    "number",
    ("number", "created_on", "created_at", "levels.order.number"),
    (
        Scope(ROOT, "", single=True),
        _level("shipment"),
        _level("order", "number"),
        _level("tare", "sscc", "marks.", "references."),
        _level("pack", "sscc", "marks.", "references."),
        _level("item"),
    ),
    (
        *_table(ROOT, "", _texts("number"), _days("created_on"), _DATES, _TOTALS[1:], _PURPOSE),
        *_table(ROOT, "", (("created_at", Kind.TIME, "created_at"), ("structure", Kind.STRUCTURE, "structure"))),
        *_table("levels.shipment", "levels.shipment.", _DELIVERIES, _EQUIPMENT, _PARTIES, _CONTACTS, *_LEVEL),
        *_table("levels.order", "levels.order.", _ORDER, _DELIVERIES, _PARTIES, *_LEVEL),
        *_table("levels.tare", "levels.tare.", _MARKS, *_LEVEL),
        *_table("levels.pack", "levels.pack.", _MARKS, *_LEVEL),
        *_table("levels.item", "levels.item.", _SHIPPED, into="item/"),
        *_table("levels.item", "levels.item.", (_MARKS[1],), *_LEVEL),
    ),
)

DOCUMENT_TYPES: dict[str, DocumentType] = {
    document_type.name: document_type for document_type in (PURCHASE_ORDER, ACKNOWLEDGEMENT, SHIP_NOTICE, INVOICE)
}
"""The document types that can be CSV, by the ``type`` of the canonical document."""

"""A lazy draft becomes what an ordinary draft would be, whatever is done with it."""

from collections.abc import Callable

import pytest

from canonical.document import Unmapped
from canonical.order import OrderLine
from canonical.party import Address, Contact, Party, Reference
from translators.x12.maps.compiled_records import Unusual
from translators.x12.maps.compiled_writing import Site
from translators.x12.maps.lazy_drafts import LazyDraft, append_children
from translators.x12.maps.parts_party import CONTACT, PARTIES, REFERENCE
from translators.x12.maps.writing import Draft, Layout
from translators.x12.segments import TransactionSet

from .trees import lines

LAYOUT: Layout = {"REF": None, "PER": None, "N1": {"N2": None, "N3": None, "N4": None, "REF": None, "PER": None}}
REFERENCES = [Reference(kind="contract", value="9"), Reference(kind="contract", value="8", description="old")]
CONTACTS = [Contact(function="buyer", name="J Smith"), Contact(function="delivery")]
LINE = OrderLine(
    parties=(
        Party(
            role="ship_to",
            name="Dock 4",
            address=Address(lines=("1 Main St",), city="Dayton"),
            references=tuple(REFERENCES),
            contacts=tuple(CONTACTS),
        ),
        Party(role="buyer", name="Us"),
    )
)


def parties_and(*unmapped: tuple[str, str | tuple[str, ...]]) -> Callable[[Draft], None]:
    def build(root: Draft) -> None:
        PARTIES.write(LINE, root)
        root.put_back(Unmapped(source=source, value=value) for source, value in unmapped)

    return build


def put_before_the_record(root: Draft) -> None:
    draft = root.add("REF")
    draft.put(2, "before")
    draft.put(4, "kept")
    REFERENCE.write(REFERENCES[0], draft)


def put_after_the_record(root: Draft) -> None:
    draft = root.add("REF")
    REFERENCE.write(REFERENCES[0], draft)
    draft.put(2, "after")
    draft.default(3, "default")


def two_values_in_one(root: Draft) -> None:
    draft = root.add("PER")
    CONTACT.write(CONTACTS[0], draft)
    CONTACT.write(CONTACTS[1], draft)


def under_another_id(root: Draft) -> None:
    REFERENCE.write(REFERENCES[0], root.add("PER"))


def children_first(root: Draft) -> None:
    loop = root.add("N1")
    REFERENCE.write(REFERENCES[0], loop.add("REF"))
    loop.put(1, "ST")


@pytest.mark.parametrize(
    "build",
    [
        parties_and(),
        parties_and(("N1[1]/05", "X"), ("N1[2]/02", "a field wins")),
        parties_and(("N1[1]/REF[2]/04", ("CO", "9"))),
        parties_and(("N1[1]/REF[2]", ("ZZ", "between")), ("N1[1]/REF[3]/04", "X")),
        parties_and(("N1[2]", ("BT", "whole")), ("N1[2]/N3[1]", ("Street",)), ("N1[3]/PER[1]", ("IC",))),
        parties_and(("REF[1]", ("ZZ", "at the top"))),
        put_before_the_record,
        put_after_the_record,
        two_values_in_one,
        under_another_id,
        children_first,
    ],
)
def test_it_writes_what_an_ordinary_draft_writes(build: Callable[[Draft], None]) -> None:
    ordinary = Draft("", LAYOUT)
    build(ordinary)
    expected = [line.partition(" ")[2] for line in lines(TransactionSet("850", "004010", ordinary.nodes()))]
    lazy = LazyDraft("", Site(LAYOUT))
    build(lazy)
    texts: list[str] = []
    append_children(lazy, texts, [])
    assert texts == expected
    assert [line.partition(" ")[2] for line in lines(TransactionSet("850", "004010", lazy.nodes()))] == expected


def test_what_the_schema_has_no_place_for_is_left_to_the_ordinary_draft() -> None:
    lazy = LazyDraft("", Site({"N1": {}}))
    PARTIES.write(LINE, lazy)
    with pytest.raises(Unusual):
        append_children(lazy, [], [])

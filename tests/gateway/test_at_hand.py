from dataclasses import replace

import pytest

from canonical.documents import ANY_DOCUMENT, AnyDocument, as_array
from canonical.identity import BlobDigest
from gateway.at_hand import KEPT, AtHand

from .house import House, csv, csv_invoice, invoice, wrapped

FILES = {"X12": ("acme", "810.edi", wrapped("810", invoice())), "CSV": ("beta", "810.csv", csv(csv_invoice()))}


class Watched(AtHand):
    """Remembers what was taken out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[BlobDigest, AnyDocument | None]] = []

    def take(self, digest: BlobDigest) -> AnyDocument | None:
        self.taken.append((digest, super().take(digest)))
        return self.taken[-1][1]


@pytest.mark.parametrize(("partner", "name", "data"), FILES.values(), ids=FILES)
def test_what_is_at_hand_is_what_reading_it_would_give(house: House, partner: str, name: str, data: bytes) -> None:
    watched = Watched()
    gateway = house.gateway
    gateway.inbound = replace(gateway.inbound, at_hand=watched)
    gateway.delivery = replace(gateway.delivery, at_hand=watched)
    house.take(partner, name, data)
    [(digest, document)] = watched.taken
    assert document is not None
    with gateway.database.read() as session:
        read = ANY_DOCUMENT.validate_json(gateway.blobs.read(session, digest))
    assert (document, as_array(document)) == (read, as_array(read))
    house.assert_settled()


@pytest.mark.parametrize(("partner", "name", "data"), FILES.values(), ids=FILES)
def test_what_is_not_at_hand_any_more_is_read(house: House, partner: str, name: str, data: bytes) -> None:
    house.gateway.delivery = replace(house.gateway.delivery, at_hand=AtHand())
    house.take(partner, name, data)
    [delivered] = house.erp_out()
    [row] = house.documents()
    assert (delivered.id, delivered.type) == (row.id, row.type)
    house.assert_settled()


def test_only_the_last_few_are_kept_and_each_is_taken_once(house: House) -> None:
    house.take(*FILES["X12"])
    [document] = house.erp_out()
    at_hand = AtHand()
    digests = [BlobDigest(f"{number:064x}") for number in range(KEPT + 1)]
    for digest in digests:
        at_hand.keep(digest, document)
    assert [at_hand.take(digest) is not None for digest in digests] == [False] + [True] * KEPT
    assert at_hand.take(digests[-1]) is None

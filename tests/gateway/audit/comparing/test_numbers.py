"""Control numbers came with the files that the record tells to have had them."""

import pytest

from tests.gateway.house import House

from .tampering import found_after, places

FORGED = (
    "INSERT INTO received_interchange (partner, sender, receiver, control_number, receipt_id, position, sha256, at) "
    "SELECT partner, sender, receiver, '000000507', {receipt}, 1, '00', at FROM received_interchange WHERE partner = 'acme' LIMIT 1"
)
GONE = "(SELECT receipt_id FROM received_interchange WHERE receipt_id NOT IN (SELECT id FROM receipt))"


@pytest.mark.parametrize("receipt", ["'gone'", "(SELECT id FROM receipt WHERE state = 'quarantined')"])
def test_no_number_is_there_that_no_file_had(traded: House, receipt: str) -> None:
    """Or a gap could be closed."""
    assert ("received_interchange", "") in places(found_after(traded, FORGED.format(receipt=receipt)))


@pytest.mark.parametrize("receipt", ["'gone'", GONE])
def test_nor_one_of_a_file_that_was_removed(removed: House, receipt: str) -> None:
    assert places(found_after(removed, FORGED.format(receipt=receipt))) == {("received_interchange", "")}


@pytest.mark.parametrize(
    "receipt",
    [
        "'gone'",
        "(SELECT id FROM receipt WHERE state = 'quarantined')",
        "(SELECT id FROM receipt WHERE partner = 'beta' LIMIT 1)",
    ],
)
def test_a_number_stays_with_its_file(traded: House, receipt: str) -> None:
    statement = f"UPDATE received_interchange SET receipt_id = {receipt} WHERE control_number = '000000002'"
    assert ("received_interchange", "") in places(found_after(traded, statement))


def test_the_number_of_a_file_that_was_removed_stays_used(removed: House) -> None:
    changed = f"UPDATE received_interchange SET control_number = '000000006' WHERE receipt_id = {GONE}"
    gone = f"DELETE FROM received_interchange WHERE receipt_id = {GONE}"
    for statement in (changed, gone):
        assert ("received_interchange", "") in places(found_after(removed, statement))

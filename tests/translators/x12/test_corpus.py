"""Real-world samples of many products: none crashes, none loses a set, and none that is good is called bad without a reason.

The folder lies beside the checkout, or where ``TALLY_CORPUS`` says; nothing of it is copied here.
"""

import csv
import os
from functools import cache
from pathlib import Path

import pytest

from canonical.finding import Finding
from translators import registry
from translators.x12.check import check
from translators.x12.events import SetRead
from translators.x12.reader import read

_BESIDE = Path(__file__).parents[4] / "shared" / "corpus"
CORPUS = Path(os.environ.get("TALLY_CORPUS", _BESIDE))
JUDGED_SETS = {"850", "855", "856", "810", "997"}

EXPECTED_ERRORS = {
    # TDS, which every 810 must have before its summary, comes after ISS.
    "014-Example5_Walmart.txt": {"segment-out-of-order"},
    # The sample's addresses were made unreadable: LOCSTATE stands for a state of two letters.
    "038-Example4.txt": {"element-too-long"},
    "052-Example4.txt": {"element-too-long"},
    # IT1 has a quantity and a price, but no unit between them: IT102, IT103 and IT104 go together.
    "062-1.edi": {"conditional-element-missing"},
    # The reference qualifier ZZZ does not exist; the code for "mutually defined" is ZZ.
    "123-855.edi": {"invalid-code"},
    # A price catalogue's functional identifier (SC) around orders, acknowledgements and invoices.
    "073-basic-invoice.edi": {"set-not-of-group"},
    "074-basic-po.edi": {"set-not-of-group"},
    "075-taxexempt-po.edi": {"set-not-of-group"},
    "076-basic-po-ack-accepted.edi": {"set-not-of-group"},
    "077-basic-po-ack-rejected.edi": {"set-not-of-group"},
    # And two of its elements that go together do not.
    "078-po-ack-minor-changes.edi": {"set-not-of-group", "conditional-element-missing"},
    "079-po-ack-ship-details.edi": {"set-not-of-group"},
}
"""Errors that are right although the file is called good, each with its reason."""


@cache
def rows() -> list[dict[str, str]]:
    manifest = CORPUS / "manifest.csv"
    if not manifest.exists():
        return []
    with manifest.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def path_of(row: dict[str, str]) -> Path:
    return (
        CORPUS.parent / row["file"]
        if row["file"].startswith(f"{CORPUS.name}/")
        else CORPUS / row["file"].partition("/")[2]
    )


def name_of(row: dict[str, str]) -> str:
    return Path(row["file"]).name


pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not rows(), reason=f"no corpus of samples at {CORPUS}; set TALLY_CORPUS to its folder"),
]


@pytest.mark.parametrize("row", rows(), ids=name_of)
def test_every_sample_is_read(row: dict[str, str]) -> None:
    data = path_of(row).read_bytes()
    events = list(read([data]))
    assert sum(isinstance(event, SetRead) for event in events) == int(row["st_count"])
    assert list(read(data[at : at + 1] for at in range(len(data)))) == events


def is_judged(row: dict[str, str]) -> bool:
    return row["good_bad"] == "good" and row["version"].startswith("004010") and row["set"] in JUDGED_SETS


@pytest.mark.parametrize("row", [row for row in rows() if is_judged(row)], ids=name_of)
def test_good_samples_have_no_wrong_errors(row: dict[str, str]) -> None:
    report = check([path_of(row).read_bytes()])
    errors: list[Finding] = [found for found in report.findings if found.is_error]
    assert {found.code for found in errors} == EXPECTED_ERRORS.get(name_of(row), set())


def test_most_good_samples_were_judged() -> None:
    assert sum(is_judged(row) for row in rows()) >= 30


EXPECTED_OF_SHIPMENTS = {
    # No level of them names the one it is inside.
    "038-Example4.txt": {"hierarchy-missing-parent"},
    "052-Example4.txt": {"hierarchy-missing-parent"},
    # The serial shipping container code has 16 digits.
    "136-old.edi": {"sscc-invalid"},
}


@pytest.mark.parametrize(
    "row", [row for row in rows() if row["good_bad"] == "good" and row["set"] == "856"], ids=name_of
)
def test_good_ship_notices_have_no_wrong_findings(row: dict[str, str]) -> None:
    trees = [
        event.tree
        for event in read([path_of(row).read_bytes()])
        if isinstance(event, SetRead) and event.tree is not None
    ]
    found = [finding for tree in trees for finding in registry.find("856").read(tree).findings]
    assert {finding.code for finding in found} == EXPECTED_OF_SHIPMENTS.get(name_of(row), set())
    assert not any(finding.is_error for finding in found)

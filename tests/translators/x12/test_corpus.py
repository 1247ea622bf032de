"""Real-world samples of many products: none crashes, none loses a set, and none that is good is called bad without a reason.

The folder lies beside the checkout, or where ``TALLY_CORPUS`` says; nothing of it is copied here.
"""

import csv
import os
import random
from functools import cache
from pathlib import Path

import pytest

from canonical.finding import Finding, any_error
from canonical.functional_acknowledgement import SyntaxStatus
from translators import registry
from translators.x12.check import check
from translators.x12.events import SetRead
from translators.x12.maps.normal import normal_set
from translators.x12.reader import read
from translators.x12.segments import TransactionSet

from .pieces import random_pieces

_BESIDE = Path(__file__).parents[4] / "shared" / "corpus"
CORPUS = Path(os.environ.get("TALLY_CORPUS", _BESIDE))
JUDGED_SETS = set(registry.supported_sets())

EXPECTED_ERRORS = {
    # A form to be filled in: "NET AMOUNT PAID" and the like stand where values belong.
    "019-Example3_HomeDepot.txt": {"gs-control-number", "ge-control-number", "invalid-character", "invalid-date"},
    # An element is missing from the GS, so that the version stands where the agency belongs.
    "051-inter-americanproducts.txt": {"version-not-supported", "ge-control-number"},
    # 006020: too far from any version with tables.
    "105-price-sheet.edi": {"version-not-supported"},
    # TDS, which every 810 must have before its summary, comes after ISS.
    "014-Example5_Walmart.txt": {"segment-out-of-order"},
    # A date of nine digits.
    "042-FromAdvanceAutoParts.txt": {"element-too-long"},
    # The freight is paid by ZZ (FOB01), which is no code for that; and IEA02 lost a digit.
    "044-FromTyco.txt": {"invalid-code", "iea-control-number"},
    # The DTM of an item comes after its TD4, a second time.
    "024-Example1_HIBCC.txt": {"segment-out-of-order"},
    # Two terminators are missing, so that a REF and a QTY run into the segments after them.
    "027-Example2.txt": {"too-many-elements", "element-too-long", "excluded-element", "missing-element"},
    # The sample's addresses were made unreadable: LOCSTATE stands for a state of two letters.
    "038-Example4.txt": {"element-too-long"},
    "052-Example4.txt": {"element-too-long"},
    # IT1 has a quantity and a price, but no unit between them: IT102, IT103 and IT104 go together.
    "062-1.edi": {"conditional-element-missing"},
    # The reference qualifier ZZZ does not exist; the code for "mutually defined" is ZZ.
    "123-855.edi": {"invalid-code"},
    # TX1, a tax segment of an older version, in place of TXI.
    "017-Example1_MortgageBankers.txt": {"unknown-segment"},
    # Bank and company numbers are blotted out with x, or padded with blanks; N103 is 01, which is a qualifier of the ISA.
    "018-Example2_ScanaEnergy.txt": {
        "element-too-short",
        "element-too-long",
        "invalid-code",
        "conditional-element-missing",
    },
    # A blank before the qualifier DB.
    "020-Example4_Safeway.txt": {"invalid-code"},
    # BPR lacks an element, so that all after it stand one too early.
    "021-Example5_Wikipedia.txt": {"invalid-character", "element-too-short", "element-too-long"},
    # Provinces of three digits, and a contact's channel without its number.
    "157-test_940.rs.1.edi": {"element-too-long", "conditional-element-missing"},
    # The text was taken from a program, escapes (\n) and all.
    "158-test_940.rs.2.edi": {"element-too-long"},
    # The trailer's number is not the header's.
    "050-simplot.txt": {"ge-control-number", "iea-control-number"},
    "156-test_940.rs.0.edi": {"ge-control-number", "iea-control-number"},
    # Nor is it here; and a ~ ends some elements although another character ends the segments.
    "159-test_940.rs.3.edi": {
        "invalid-character",
        "element-too-long",
        "ge-control-number",
        "iea-control-number",
    },
    "160-test_940.rs.4.edi": {"element-too-long", "ge-control-number", "iea-control-number"},
    # Dates of six digits, and a version where a purpose belongs.
    "003-FromTmhpSpec.txt": {"element-too-short", "element-too-long"},
    # A price catalogue's functional identifier (SC) around orders, acknowledgements and invoices.
    "073-basic-invoice.edi": {"set-not-of-group"},
    "074-basic-po.edi": {"set-not-of-group"},
    "075-taxexempt-po.edi": {"set-not-of-group"},
    "076-basic-po-ack-accepted.edi": {"set-not-of-group"},
    "077-basic-po-ack-rejected.edi": {"set-not-of-group"},
    # And two of its elements that go together do not.
    "078-po-ack-minor-changes.edi": {"set-not-of-group", "conditional-element-missing"},
    "079-po-ack-ship-details.edi": {"set-not-of-group"},
    # AK202 of three characters, and the name of a composite where CTX06 wants the number of an element.
    "001-DHS_Wisconsin_Sample.txt": {"element-too-short", "invalid-character"},
    # TDS comes after ISS here too, in both of its invoices.
    "012-Example3_MultiInvoice.txt": {"segment-out-of-order"},
    # A 997 without any segment, written to test a reader.
    "106-empty997.edi": {"missing-segment"},
    # Elements that repeat and may not, full of made-up values, for the same reason.
    "107-extraDelimiter997.edi": {"too-many-repetitions", "invalid-character", "element-too-long"},
    # ISB asks a network for a grade of service; nobody here could give it.
    "114-optionalInterchangeServices.edi": {"segment-outside-group"},
    # ISA13 was changed and IEA02 was not.
    "130-asn856.txt": {"iea-control-number"},
    "132-x12_999_accepted.txt": {"iea-control-number"},
    # Releases before 004010: see docs/decisions/0010-nearest-version.md.
    "036-Example2.txt": {"version-not-supported"},
    "124-5-850.x12": {"version-not-supported"},
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
    for seed in range(3):
        assert list(read(random_pieces(data, random.Random(seed)))) == events


def is_judged(row: dict[str, str]) -> bool:
    return row["good_bad"] == "good" and row["set"] in JUDGED_SETS


@pytest.mark.parametrize("row", [row for row in rows() if is_judged(row)], ids=name_of)
def test_good_samples_have_no_wrong_errors(row: dict[str, str]) -> None:
    report = check([path_of(row).read_bytes()])
    errors: list[Finding] = [found for found in report.findings if found.is_error]
    assert {found.code for found in errors} == EXPECTED_ERRORS.get(name_of(row), set())


@pytest.mark.parametrize("row", [row for row in rows() if is_judged(row)], ids=name_of)
def test_good_samples_come_back_from_their_documents(row: dict[str, str]) -> None:
    for event in read([path_of(row).read_bytes()]):
        if isinstance(event, SetRead) and event.body is not None and event.status is not SyntaxStatus.REJECTED:
            found = registry.find(event.header.set_id)
            result = found.read(event.body)
            assert result == found.read(event.body.tree)
            assert not any_error(result.findings)
            assert result.document is not None
            version = event.body.version
            again = TransactionSet(event.header.set_id, version, list(found.write(result.document, version)))
            assert normal_set(again) == normal_set(event.body.tree)


def test_most_good_samples_were_judged() -> None:
    judged = [row["version"][:6] for row in rows() if is_judged(row)]
    assert {"004010", "004030", "004060", "005010", "003060"} <= set(judged)
    assert len(judged) >= 55


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

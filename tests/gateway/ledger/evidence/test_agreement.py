"""Both verifiers, on every good and every tampered bundle: each must catch what was done, at the step where it belongs."""

import io
from pathlib import Path

import pytest

from gateway.ledger.cosignature import Quorum
from gateway.ledger.evidence import checking, manifest, verify
from gateway.ledger.note import read_note
from gateway.ledger.timestamp import Trusted
from tests.gateway.ledger.authority import Authority

from . import making, tampering
from .making import TRUST
from .tampering import CASES, Case


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_both_catch_it_at_the_same_step(case: Case) -> None:
    bundle = case.bundle()
    by_script = verify.verify(io.BytesIO(bundle), _key(case), _anchor(case), _quorum(case))
    by_product = checking.check(
        io.BytesIO(bundle),
        None if case.trust is None else checking.trusted_key(case.trust),
        None if case.anchor is None else read_note(case.anchor()),
        quorum=Quorum(tuple(each.key for each in case.witnesses), _needed(case)) if case.witnesses else None,
    )
    first = next((claim.step for claim in by_script.claims if claim.verdict == verify.FAILED), None)
    assert first == case.caught_at, by_script.failed
    assert _verdicts(by_product) == _verdicts(by_script), by_product.failed
    assert _of_witnesses(by_product) == _of_witnesses(by_script)
    assert all(claim.why for report in (by_script, by_product) for claim in report.failed)


def test_the_product_judges_the_authority_where_it_is_told_whom_to_believe(tmp_path: Path) -> None:
    """What verify.py leaves to openssl."""
    data = making.written(making.with_stamps(making.evidence(), 2))
    ours = Trusted.read(making.authority().roots.read_bytes())
    other = Trusted.read(Authority(tmp_path / "other").roots.read_bytes())
    for authorities, verdict in ((ours, verify.PROVED), (other, verify.FAILED), (None, verify.NOT_COVERED)):
        report = checking.check(io.BytesIO(data), checking.trusted_key(TRUST), None, authorities)
        assert [claim.verdict for claim in report.claims if claim.step == 11] == [verify.PROVED, verify.PROVED, verdict]


def _key(case: Case) -> verify.Key | None:
    return None if case.trust is None else verify.read_key(case.trust)


def _anchor(case: Case) -> verify.Checkpoint | None:
    return None if case.anchor is None else verify.read_checkpoint(case.anchor())


def _quorum(case: Case) -> verify.Quorum | None:
    keys = [verify.read_key(str(each.key), verify.COSIGNATURE) for each in case.witnesses]
    return verify.Quorum(keys, _needed(case)) if keys else None


def _needed(case: Case) -> int:
    return len(case.witnesses) if case.quorum is None else case.quorum


def _of_witnesses(report: verify.Report) -> list[str]:
    return [claim.text for claim in report.claims if claim.step == 12]


def _verdicts(report: verify.Report) -> list[tuple[int, str]]:
    return [(claim.step, claim.verdict) for claim in report.claims]


def _uncovered(bundle: bytes) -> str:
    """What is said of what is not proved, in both verifiers' words."""
    by_script = verify.verify(io.BytesIO(bundle), verify.read_key(TRUST))
    by_product = checking.check(io.BytesIO(bundle), checking.trusted_key(TRUST))
    assert by_script.failed == by_product.failed == []
    said = [
        [claim.text for claim in each.claims if claim.verdict == verify.NOT_COVERED] for each in (by_script, by_product)
    ]
    assert said[0] == said[1]
    return "\n".join(said[0])


def test_what_no_bundle_can_show_is_said_of_every_one() -> None:
    said = _uncovered(tampering.zipped(tampering.GOOD))
    assert "behind these entries: no bundle can show that there is nothing" in said
    assert "That this is all there is about document d1 is the word of whoever made the bundle" in said
    assert "as2/a1/mdn" not in said
    assert making.CERTIFICATE not in said
    assert "Missing" not in said


@pytest.mark.parametrize("name", ["as2/a1/mdn", "as2/a1/signed"])
def test_a_message_altered_is_no_longer_said_to_be_proved(name: str) -> None:
    assert name in _uncovered(tampering.zipped(tampering.GOOD | {name: b"Content-Type: text/plain\r\n\r\nother"}))


@pytest.mark.parametrize(
    ("removed", "missing"),
    [
        ("as2/a1/headers", "the message <1@acme.example> of entry 1"),
        ("as2/a1/mdn", "our MDN <2@us.example> of entry 5"),
        (making.CERTIFICATE, f"the certificate {making.CERTIFICATE[13:-4]} of entry 1"),
    ],
)
def test_what_proved_details_name_and_the_bundle_has_not_is_said(removed: str, missing: str) -> None:
    files = {name: data for name, data in tampering.GOOD.items() if name != removed}
    assert f"Missing, though proved details name it: {missing}" in _uncovered(tampering.zipped(files))


def test_a_certificate_that_no_details_name_proves_nothing() -> None:
    other = making.certificate("Somebody Else")
    name = making.certificate_name(other)
    assert f"{name} is of the fingerprint" in _uncovered(tampering.zipped(tampering.GOOD | {name: other}))


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("cosigned by all", ["Witness eva", "Witness ada", "Witness bob", "At least 3 of 3", "When they"]),
        (
            "the earlier one cosigned",
            ["Witness eva.example cosigned the ledger of 6", "At least 1 of 1", "When they", "Newer"],
        ),
        (
            "one cosigned each",
            ["Witness eva.example cosigned the ledger of 11", "Witness ada", "At least 2", "When", "Newer"],
        ),
    ],
)
def test_what_witnesses_cosigned_is_said_and_what_is_newer(case: str, said: list[str]) -> None:
    report = verify.verify(io.BytesIO(CASES[case].bundle()), verify.read_key(TRUST), None, _quorum(CASES[case]))
    found = _of_witnesses(report)
    assert [text[: len(begins)] for text, begins in zip(found, said, strict=True)] == said
    assert "eva.example 2026-11-26 12:00:00 UTC" in next(text for text in found if text.startswith("When"))
    newer = [text for text in found if text.startswith("Newer")]
    assert all(text.endswith("cosigned: entries 6, 7, 8, 9") for text in newer), newer


def test_an_order_that_nothing_left_names_is_not_covered() -> None:
    said = _uncovered(CASES["about an order that what is left does not name"].bundle())
    assert "That the entries are about order 4500125: what is left of them does not name it" in said


def test_both_refuse_to_hash_payloads_for_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small bundle can list a large payload very often, each time with another salt."""
    monkeypatch.setattr(verify, "MOST_HASHED", 10)
    data = tampering.zipped(tampering.GOOD)
    for report in (
        verify.verify(io.BytesIO(data), verify.read_key(TRUST)),
        checking.check(io.BytesIO(data), checking.trusted_key(TRUST)),
    ):
        [failed] = report.failed
        assert (failed.step, "one for each salt; 10 are allowed" in failed.why) == (3, True)


def test_both_know_how_many_rotations_there_may_be() -> None:
    assert verify.MOST_ROTATIONS == manifest.MOST_ROTATIONS

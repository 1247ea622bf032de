"""Both verifiers, on every good and every tampered bundle: each must catch what was done, at the step where it belongs."""

import io
from pathlib import Path

import pytest

from gateway.ledger.evidence import checking, verify
from gateway.ledger.note import read_note
from gateway.ledger.timestamp import Trusted
from tests.gateway.ledger.authority import Authority

from . import making, tampering
from .making import TRUST
from .tampering import CASES, Case


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_both_catch_it_at_the_same_step(case: Case) -> None:
    bundle = case.bundle()
    by_script = verify.verify(io.BytesIO(bundle), _key(case), _anchor(case))
    by_product = checking.check(
        io.BytesIO(bundle),
        None if case.trust is None else checking.trusted_key(case.trust),
        None if case.anchor is None else read_note(case.anchor()),
    )
    first = next((claim.step for claim in by_script.claims if claim.verdict == verify.FAILED), None)
    assert first == case.caught_at, by_script.failed
    assert _verdicts(by_product) == _verdicts(by_script), by_product.failed
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


def _verdicts(report: verify.Report) -> list[tuple[int, str]]:
    return [(claim.step, claim.verdict) for claim in report.claims]


def test_a_message_altered_is_no_longer_said_to_be_proved() -> None:
    good = verify.verify(io.BytesIO(tampering.zipped(tampering.GOOD)), verify.read_key(TRUST))
    assert "as2/a1/mdn" not in good.claims[-2].text
    for name in ("as2/a1/mdn", "as2/a1/signed"):
        bundle = tampering.zipped(tampering.GOOD | {name: b"Content-Type: text/plain\r\n\r\nother"})
        last = verify.verify(io.BytesIO(bundle), verify.read_key(TRUST)).claims[-2]
        assert (last.verdict, name in last.text) == (verify.NOT_COVERED, True)

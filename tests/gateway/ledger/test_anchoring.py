"""The checkpoint of the day, laid down elsewhere: what keeps it from there is told until it is done."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from gateway.exceptions import Exceptions, SetAside
from gateway.ledger.anchoring import Anchoring, unanchored
from gateway.ledger.signer_state import STATE_NAME, NotSignable

from .scene import Scene, scene


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with scene(request.param, tmp_path) as opened:
        opened.grown(5)
        yield opened


@pytest.fixture
def anchoring(ledger: Scene, tmp_path: Path) -> Anchoring:
    return Anchoring(ledger.database, ledger.clock, ledger.ledger, tmp_path / "auditor")


def told(ledger: Scene, partner: PartnerId | None = None, since: datetime | None = None) -> list[SetAside]:
    with ledger.database.read() as session:
        return [
            each for each in Exceptions(partner, since).set_aside(session) if each.kind == "checkpoint not laid down"
        ]


def noted(ledger: Scene) -> tuple[str, timedelta, str] | None:
    """The folder, for how long, and why."""
    with ledger.database.read() as session:
        row = unanchored(session)
    return None if row is None else (Path(row.folder).name, row.tried_at - row.since, row.why)


def test_what_cannot_be_laid_down_is_told_until_it_is(ledger: Scene, anchoring: Anchoring, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        anchoring.seal()
    ledger.clock.advance(seconds=3600)
    with pytest.raises(Misconfigured, match="No such file"):
        anchoring.catch_up()
    found = noted(ledger)
    assert found is not None
    assert found[:2] == ("auditor", timedelta(hours=1))
    [each] = told(ledger)
    assert (each.what, each.at, each.partner) == (str(tmp_path / "auditor"), ledger.clock.now(), None)
    assert "No such file or directory" in each.why
    (tmp_path / "auditor").mkdir()
    anchoring.catch_up()
    assert len(list((tmp_path / "auditor").iterdir())) == 1
    assert (noted(ledger), told(ledger)) == (None, [])


def test_where_nothing_is_missing_there_is_nothing_to_catch_up_with(anchoring: Anchoring, tmp_path: Path) -> None:
    (tmp_path / "auditor").mkdir()
    anchoring.catch_up()
    assert list((tmp_path / "auditor").iterdir()) == []


def test_that_it_is_not_signed_any_more_is_told_too(ledger: Scene, anchoring: Anchoring, tmp_path: Path) -> None:
    (tmp_path / "auditor").mkdir()
    anchoring.seal()
    (ledger.ledger.keys / STATE_NAME).unlink()
    with pytest.raises(NotSignable):
        anchoring.seal()
    assert f"{STATE_NAME} is missing" in told(ledger)[0].why


@pytest.mark.parametrize("now", ["another", None])
def test_a_folder_that_is_not_the_one_any_more_is_not_told(
    ledger: Scene, anchoring: Anchoring, tmp_path: Path, now: str | None
) -> None:
    with pytest.raises(Misconfigured):
        anchoring.seal()
    changed = replace(anchoring, folder=None if now is None else tmp_path / now)
    if now is None:
        changed.seal()
        assert noted(ledger) is None
    else:
        with pytest.raises(Misconfigured):
            changed.seal()
        assert (noted(ledger) or ())[:1] == ("another",)


def test_it_is_of_no_partner_and_of_when_it_was_tried(ledger: Scene, anchoring: Anchoring) -> None:
    with pytest.raises(Misconfigured):
        anchoring.seal()
    now = ledger.clock.now()
    assert told(ledger, PartnerId("acme")) == []
    assert len(told(ledger, since=now)) == 1
    assert told(ledger, since=now + timedelta(seconds=1)) == []

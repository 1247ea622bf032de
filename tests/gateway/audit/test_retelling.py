"""What the record says moves alone, whatever a row is made to say afterwards; only of what earlier programs left open may it be either."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.as2.disposition import Reason, refused
from tests.gateway.exchange.test_proofs import Stage, staged
from tests.gateway.house import House
from tests.gateway.operations.scene import BY, INBOUND

from .comparing.tampering import found_after, places

SENT = "UPDATE transmission SET state = 'sent', reason = NULL"
DELIVERED = "UPDATE document SET state = 'delivered', reason = NULL WHERE direction = 'outbound'"

REFUSED = {"disposition": refused(Reason.DECRYPTION_FAILED)}
ANOTHER_MIC = {"mic": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, sha256"}


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Stage]:
    """An order was posted whose MDN comes on a connection of its own."""
    for stage in staged(tmp_path, "  mdn_delivery: asynchronous\n"):
        stage.place()
        yield stage


def answer(stage: Stage, said: dict[str, Any]) -> None:
    stage.deliver(stage.mdn(stage.partner.posted[0], **said))


class TestAnMdnThatProvesNothing:
    @pytest.mark.parametrize(
        ("said", "statements", "columns"),
        [
            (REFUSED, [SENT, DELIVERED], {("transmission", "state"), ("document", "state")}),
            (ANOTHER_MIC, [SENT], {("transmission", "state")}),
        ],
        ids=["refused", "another MIC"],
    )
    def test_takes_back_that_it_was_sent(
        self, waiting: Stage, said: dict[str, Any], statements: Sequence[str], columns: set[tuple[str, str]]
    ) -> None:
        answer(waiting, said)
        assert found_after(waiting.house) == []
        assert places(found_after(waiting.house, *statements)) == columns

    def test_changes_nothing_behind_another(self, waiting: Stage) -> None:
        for said in ({}, REFUSED):
            answer(waiting, said)
        assert found_after(waiting.house) == []
        failed = "UPDATE transmission SET state = 'failed' WHERE kind = 'document'"
        assert places(found_after(waiting.house, failed)) == {("transmission", "state")}

    def test_may_have_done_either_where_it_is_not_told_that_the_message_was_handed_over(self, waiting: Stage) -> None:
        answer(waiting, REFUSED)
        untold = "UPDATE journal_entry SET detail = '{}' WHERE step IN ('enclosed', 'posted', 'declined')"
        assert not {("transmission", "state"), ("document", "state")} & places(
            found_after(waiting.house, untold, SENT, DELIVERED)
        )


def replayed(document: str, anew: str) -> str:
    return (
        f"UPDATE document SET state = 'duplicate', reason = 'It was replayed as document {anew}.', duplicate_of = '{anew}' "
        f"WHERE id = '{document}'"
    )


def put_back(house: House, document: str) -> str:
    """Has a document wait as it does now."""
    [row] = [row for row in house.documents() if row.id == document]
    return (
        f"UPDATE document SET state = '{row.state.value}', reason = '{row.reason}', duplicate_of = NULL "
        f"WHERE id = '{row.id}'"
    )


class TestADocumentThatIsReadAnew:
    @pytest.mark.parametrize("state", ["quarantined", "dead"])
    def test_waits_until_then_and_not_again(self, house: House, state: str) -> None:
        document = INBOUND[state](house)
        house.amend("acme", ("usage: T", "usage: P"))
        back = put_back(house, document)
        file = house.gateway.administration.replay(document, BY).replay
        ahead = replayed(document, f"{file}-{document.rpartition('-')[2]}")
        assert found_after(house) == []
        assert ("document", "state") in places(found_after(house, ahead))
        house.work()
        assert found_after(house) == []
        assert ("document", "state") in places(found_after(house, back))

    def test_may_wait_again_where_an_earlier_program_did_not_tell_what_it_read_anew(self, house: House) -> None:
        document = INBOUND["dead"](house)
        back = put_back(house, document)
        house.gateway.administration.replay(document, BY)
        house.work()
        untold = (
            "UPDATE journal_entry SET detail = json_remove(detail, '$.test', '$.replays') WHERE step = 'translated'"
        )
        for statements in ([untold], [untold, back]):
            assert ("document", "state") not in places(found_after(house, *statements))

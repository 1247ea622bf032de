"""What a replay is good for: a file is read again after the profile was mended, and the partner sends nothing."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from canonical.identity import DocumentId
from gateway import inbound, trail
from gateway.operations.instruction import Done
from gateway.operations.replaying import ProfileOf
from gateway.trail import TrailEntry
from spool.queue.port import Claim
from spool.worker import Effects, Handler
from tests.gateway.house import (
    X12,
    House,
    csv,
    csv_invoice,
    group,
    interchange,
    invoice,
    segments,
    transaction_set,
    wrapped,
)

from .scene import BAD, BY, INBOUND, OUTBOUND, TWO, failing_for_now, refused


def replay(house: House, id_: str, profile: ProfileOf = ProfileOf.NOW, *, redeliver: bool = False) -> str:
    """Have it done anew to the end; the id of the replay."""
    done = house.gateway.administration.replay(id_, BY, profile, redeliver=redeliver)
    house.work()
    house.assert_balanced()
    assert done.replay is not None
    return done.replay


def told(house: House, id_: str) -> list[TrailEntry]:
    with house.gateway.database.read() as session:
        return list(trail.of_document(session, DocumentId(id_)))


class TestAFileThatAWrongProfileStopped:
    def test_quarantined_as_a_test(self, house: House) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice(), usage="P"))
        assert house.answers("acme") == ["997 A", "notice"]
        house.amend("acme", ("usage: T", "usage: P"))
        [row] = house.documents()
        replayed = replay(house, row.id)
        [original, anew] = house.documents()
        assert (original.state, original.duplicate_of) == ("duplicate", anew.id)
        assert (anew.state, anew.replays, anew.receipt_id) == ("delivered", original.id, replayed)
        assert (anew.profile_version, original.profile_version) == (2, 1)
        assert [document.test for document in house.erp_out()] == [False]
        # The 997 said accepted before; nothing new is to be told.
        assert house.answers("acme") == []
        house.assert_settled()

    def test_rejected_for_its_parties(self, house: House) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice(), sender="NEWNAME"))
        assert house.answers("acme")[0] == "TA1 R 006"
        house.amend("acme", ("id: ACME", "id: NEWNAME"))
        replay(house, house.documents()[0].id)
        assert house.documents()[-1].state == "delivered"
        assert house.answers("acme") == ["997 A"]

    def test_rejected_for_a_set_that_was_not_agreed(self, house: House) -> None:
        house.amend("acme", ("[855, 856, 810]", "[855]"))
        house.take("acme", "810.edi", wrapped("810", invoice()))
        assert house.answers("acme") == ["997 R"]
        house.amend("acme", ("[855]", "[855, 810]"))
        replay(house, house.documents()[0].id)
        assert [row.state.value for row in house.documents()] == ["rejected", "delivered"]
        assert house.answers("acme") == ["997 A"]

    def test_csv_whose_columns_have_other_names(self, house: House) -> None:
        house.amend("beta", ("number: Invoice", "number: Document"))
        house.take("beta", "a.csv", csv(csv_invoice()))
        [rejected] = house.receipts()
        assert rejected.state == "rejected"
        house.collect("beta")
        house.amend("beta", ("number: Document", "number: Invoice"))
        replay(house, rejected.id)
        assert house.documents()[0].state == "delivered"
        assert house.answers("beta") == ["report"]
        house.assert_settled()

    def test_of_a_partner_that_was_suspended(self, house: House) -> None:
        house.amend("acme", ("status: active", "status: suspended"))
        receipt = house.take("acme", "810.edi", wrapped("810", invoice()))
        why = refused(lambda: house.gateway.administration.replay(receipt.id, BY))
        assert why is not None
        assert "suspended" in why
        house.amend("acme", ("status: suspended", "status: active"))
        replay(house, receipt.id)
        assert house.documents()[0].state == "delivered"
        assert house.answers("acme") == ["997 A"]
        assert "released" in [entry.step for entry in told(house, receipt.id)]
        house.assert_settled()

    def test_of_a_partner_that_was_unknown(self, house: House) -> None:
        receipt = house.take("delta", "810.edi", wrapped("810", invoice(), sender="DELTA"))
        house.agree("delta", X12.format(partner="delta", them="DELTA", way="sftp: {}"))
        replay(house, receipt.id)
        assert house.documents()[0].state == "delivered"
        assert house.answers("delta") == ["997 A"]

    def test_is_not_in_the_way_of_the_same_file_sent_again(self, house: House) -> None:
        """Nor the other way round: whichever is opened first counts."""
        data = wrapped("810", invoice(), usage="P")
        first = house.take("acme", "810.edi", data)
        house.amend("acme", ("usage: T", "usage: P"))
        replay(house, first.id)
        assert house.take("acme", "810.edi", data).state == "duplicate"
        assert len(house.erp_out()) == 1
        house.assert_settled()


class TestWhatWasDeliveredBefore:
    def test_is_left_alone(self, house: House) -> None:
        receipt = house.take("acme", "two.edi", TWO)
        replayed = replay(house, receipt.id)
        assert [row.number for row in house.documents(receipt_id=replayed)] == ["INV1"]
        assert [row.id[-6:] for row in house.documents(receipt_id=replayed)] == ["000002"]
        assert len(house.erp_out()) == 1

    def test_is_recognised_by_its_key_where_the_file_reads_otherwise(self, house: House) -> None:
        """The good invoice of the file was sent again by its partner, alone, before the file was replayed."""
        house.amend("acme", ("[855, 856, 810]", "[855]"))
        both = interchange(group(*(transaction_set("810", invoice(f"INV{n}"), f"000{n}") for n in (1, 2))))
        receipt = house.take("acme", "two.edi", both)
        house.amend("acme", ("[855]", "[855, 810]"))
        house.take("acme", "one.edi", wrapped("810", invoice("INV2"), 5))
        house.collect("acme")
        replayed = replay(house, receipt.id)
        assert [row.state.value for row in house.documents(receipt_id=replayed)] == ["delivered", "duplicate"]
        assert len(house.erp_out()) == 2
        assert house.answers("acme") == ["997 A"]

    def test_other_content_under_its_number_is_not_reproached_to_the_partner(self, house: House) -> None:
        house.amend("acme", ("[855, 856, 810]", "[855]"))
        receipt = house.take("acme", "one.edi", wrapped("810", invoice("INV1", "A")))
        house.amend("acme", ("[855]", "[855, 810]"))
        house.take("acme", "two.edi", wrapped("810", invoice("INV1", "B"), 2))
        house.collect("acme")
        replay(house, receipt.id)
        assert "OTHER content" in (house.documents()[-1].reason or "")
        assert house.answers("acme") == ["997 A"]

    def test_goes_again_as_a_new_revision_when_that_is_said(self, house: House) -> None:
        receipt = house.take("acme", "810.edi", wrapped("810", invoice()))
        replay(house, receipt.id, redeliver=True)
        replay(house, receipt.id, redeliver=True)
        assert [row.revision for row in house.documents()] == ["1", "1.2", "1.3"]
        assert len(house.erp_out()) == 3

    def test_alone_where_a_document_is_named(self, house: House) -> None:
        sets = [transaction_set("810", invoice(f"INV{n}"), f"000{n}") for n in (1, 2)]
        house.take("acme", "two.edi", interchange(group(*sets)))
        replayed = replay(house, house.documents()[1].id, redeliver=True)
        assert [row.number for row in house.documents(receipt_id=replayed)] == ["INV2"]

    def test_in_another_content_wins_when_the_second_is_named(self, house: House) -> None:
        """The supplier says that the second of two invoices of one number holds."""
        house.take("acme", "one.edi", wrapped("810", invoice("INV1", "A")))
        house.take("acme", "two.edi", wrapped("810", invoice("INV1", "B"), 2))
        replay(house, house.documents()[1].id, redeliver=True)
        assert [row.revision for row in house.documents(state="delivered")] == ["1", "1.2"]
        assert {document.order_number for document in house.erp_out()} == {"A", "B"}  # type: ignore[union-attr]


class TestADocumentThatTheErpRefused:
    def test_is_not_delivered_beside_its_replay_when_the_erp_takes_it_after_all(self, house: House) -> None:
        document = INBOUND["refused by the ERP"](house)
        anew = replay(house, document)
        out = house.gateway.home.erp / "out"
        [refused_file] = out.glob("*.json.error")
        refused_file.rename(out / refused_file.name.removesuffix(".error"))
        for path in out.glob("*.json"):
            path.rename(f"{path}.done")
        house.gateway.delivery.collect()
        house.gateway.delivery.collect()
        states = {row.id: row.state.value for row in house.documents()}
        assert (states[document], [state for id_, state in states.items() if id_.startswith(anew)]) == (
            "rejected",
            ["delivered"],
        )
        with house.gateway.database.read() as session:
            told = trail.of_document(session, DocumentId(document))
        assert any("although another of its number counts" in entry.outcome for entry in told)
        house.assert_balanced()


class TestADeadDocument:
    def test_keeps_its_revision_so_that_the_erp_recognises_it(self, house: House) -> None:
        """The ERP had it, but the answer was lost until the work was given up."""

        def lost(kind: str, handler: Handler) -> Handler:
            def run(claim: Claim) -> Effects:
                handler(claim)
                raise OSError("The connection broke.")

            return run if kind == inbound.DELIVER else handler

        house.receive("acme", "810.edi", wrapped("810", invoice()))
        house.exhaust(lost)
        assert house.documents()[0].state == "dead"
        assert len(house.erp_out()) == 1
        # Its failures opened the circuit of the ERP.
        house.later(hours=1)
        replay(house, house.documents()[0].id)
        assert [(row.state.value, row.revision) for row in house.documents()] == [
            ("duplicate", None),
            ("delivered", "1"),
        ]
        assert len(house.erp_out()) == 1
        house.assert_settled()


class TestTheProfileOfThen:
    def test_is_another_than_that_of_now(self, house: House) -> None:
        receipt = house.take("acme", "bad.edi", wrapped("810", BAD))
        house.amend("acme", ("status: active", "status: active\nrules: []"))
        replay(house, receipt.id, ProfileOf.THEN)
        replay(house, receipt.id, ProfileOf.NOW)
        assert [row.profile_version for row in house.documents()] == [1, 1, 2]

    def test_is_fixed_when_it_is_asked_for(self, house: House) -> None:
        receipt = house.take("acme", "810.edi", wrapped("810", invoice(), usage="P"))
        house.gateway.administration.replay(receipt.id, BY)
        house.amend("acme", ("usage: T", "usage: P"))
        house.work()
        assert [(row.state.value, row.profile_version) for row in house.documents()][-1] == ("quarantined", 1)

    def test_of_a_file_of_which_nothing_was_taken(self, house: House) -> None:
        receipt = house.take("acme", "810.edi", b"no EDI at all")
        house.later(hours=1)
        house.amend("acme", ("usage: T", "usage: P"))
        replay(house, receipt.id, ProfileOf.THEN)
        assert "version 1 " in " ".join(
            f"version {entry.detail['profile']} " for entry in told(house, receipt.id) if "profile" in entry.detail
        )

    def test_where_there_was_none(self, house: House) -> None:
        receipt = house.take("delta", "810.edi", wrapped("810", invoice(), sender="DELTA"))
        house.later(hours=1)
        house.agree("delta", X12.format(partner="delta", them="DELTA", way="sftp: {}"))
        why = refused(lambda: house.gateway.administration.replay(receipt.id, BY, ProfileOf.THEN))
        assert why is not None
        assert "no profile of delta then" in why

    def test_builds_what_is_sent(self, house: House) -> None:
        document = OUTBOUND["rejected by the partner"](house)
        house.amend("acme", ("id: OURCOMPANY", "id: OTHERNAME"))
        replay(house, document, ProfileOf.THEN)
        replay(house, document, ProfileOf.NOW, redeliver=True)
        senders = [segments(data)[0][6].strip() for data in house.collect("acme")]
        assert senders == ["OURCOMPANY", "OURCOMPANY", "OTHERNAME"]


class TestWhileAReplayIsOnItsWay:
    """Another of the same original would be given to the ERP, or the partner, a second time."""

    @pytest.mark.parametrize("opened", [False, True], ids=["not opened", "not delivered"])
    @pytest.mark.parametrize("named", ["file", "document"])
    def test_what_was_received_is_not_replayed_again(self, house: House, named: str, *, opened: bool) -> None:
        file = house.take("acme", "810.edi", wrapped("810", invoice()))
        id_ = file.id if named == "file" else house.documents()[0].id

        def asked() -> Done:
            return house.gateway.administration.replay(id_, BY, redeliver=True)

        first = asked()
        if opened:
            house.work(failing_for_now(inbound.DELIVER))
            assert house.documents()[-1].state == "pending"
        anew = f"document {house.documents()[-1].id}" if opened else f"file {first.replay}"
        why = refused(asked)
        assert why is not None
        assert f"is being replayed already as {anew}" in why
        house.exhaust()
        assert len(house.erp_out()) == 2
        assert refused(asked) is None

    def test_another_document_of_the_file_is(self, house: House) -> None:
        sets = [transaction_set("810", invoice(f"INV{n}"), f"000{n}") for n in (1, 2)]
        house.take("acme", "two.edi", interchange(group(*sets)))
        for row in house.documents():
            house.gateway.administration.replay(row.id, BY, redeliver=True)
        house.work()
        assert len(house.erp_out()) == 4

    @pytest.mark.parametrize("state", ["sent", "rejected by the partner", "not sent for good"])
    def test_what_we_sent_is_not_built_again(self, house: House, state: str) -> None:
        document = OUTBOUND[state](house)
        done = house.gateway.administration.replay(document, BY, redeliver=True)
        why = refused(lambda: house.gateway.administration.replay(document, BY, redeliver=True))
        assert why is not None
        assert f"is being replayed already as document {done.replay}" in why

    def test_of_several_who_ask_at_once_one_is_heard(self, either_house: House) -> None:
        receipt = either_house.take("acme", "810.edi", wrapped("810", invoice()))
        start = Barrier(4)

        def ask(id_: str) -> str | None:
            start.wait(20)
            return refused(lambda: either_house.gateway.administration.replay(id_, BY, redeliver=True))

        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(ask, [receipt.id, either_house.documents()[0].id] * 2))
        assert said.count(None) == 1
        either_house.work()
        assert len(either_house.erp_out()) == 2


class TestWhatWeSent:
    def test_is_built_anew_under_new_numbers_and_the_erp_hears_of_it(self, house: House) -> None:
        document = OUTBOUND["rejected by the partner"](house)
        replay(house, document)
        first, second = house.collect("acme")
        assert (segments(first)[0][13], segments(second)[0][13]) == ("000000001", "000000002")
        [original, anew] = house.documents("outbound", type="PurchaseOrder")
        assert (anew.replays, anew.origin) == (original.id, original.origin)

    def test_once_though_it_is_asked_for_twice(self, house: House) -> None:
        document = OUTBOUND["rejected by the partner"](house)
        replay(house, document)
        why = refused(lambda: house.gateway.administration.replay(document, BY))
        assert why is not None
        assert "came again as document" in why
        assert "and that was sent. There is nothing to mend." in why

    def test_an_acknowledgement_still_answers_its_file(self, house: House) -> None:
        receipt = house.take("acme", "810.edi", wrapped("810", invoice()))
        [answer] = house.documents("outbound")
        replay(house, answer.id, redeliver=True)
        assert house.answers("acme") == ["997 A", "997 A"]
        assert [sent.answers for sent in house.transmissions()] == [receipt.id, receipt.id]

    def test_a_report_is_made_of_its_file(self, house: House) -> None:
        house.take("beta", "a.csv", csv(csv_invoice()))
        [report] = house.transmissions("report")
        why = refused(lambda: house.gateway.administration.replay(report.id, BY))
        assert why is not None
        assert "replaying that file" in why


def test_the_trail_of_either_shows_both(house: House) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice(), usage="P"))
    house.amend("acme", ("usage: T", "usage: P"))
    [original] = house.documents()
    replayed = replay(house, original.id)
    anew = house.documents()[-1]
    by_hand = [("released", "anna", "The profile was wrong.")]
    for id_ in (original.id, anew.id, original.receipt_id or "", replayed):
        entries = told(house, id_)
        assert [(e.step, e.actor, e.outcome) for e in entries if e.step == "released"] == by_hand, id_
        assert {e.document_id for e in entries} >= {original.id, anew.id}, id_
        assert [e.actor for e in entries if e.step == "received"] == ["tallystick", "anna"], id_


def test_a_replay_is_not_listed_as_an_upload(house: House) -> None:
    house.take("acme", "810.edi", wrapped("810", BAD))
    before = house.gateway.reception.front.received(house.gateway.partner("acme").partner)
    house.later(hours=1)
    replay(house, house.receipts()[0].id)
    assert house.gateway.reception.front.received(house.gateway.partner("acme").partner) == before


def test_a_replay_that_is_opened_twice_is_opened_once(house: House) -> None:
    def twice(_kind: str, handler: Handler) -> Handler:
        def run(claim: Claim) -> Effects:
            first, second = handler(claim), handler(claim)

            def effects(session: Session) -> None:
                first(session)
                session.flush()
                second(session)

            return effects

        return run

    house.take("acme", "two.edi", TWO)
    done = house.gateway.administration.replay(house.receipts()[0].id, BY)
    house.work(twice)
    assert len(house.documents(receipt_id=done.replay or "")) == 1
    house.assert_settled()

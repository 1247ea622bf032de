"""From a home to a bundle: everything about an order or a document is in it, and others can verify it without us."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from canonical.errors import NotFound, TallyError
from canonical.identity import DocumentId
from gateway.ledger import authority as asking
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.entry import read_entry
from gateway.ledger.erasures import Erasure, erase_details, erase_payloads
from gateway.ledger.evidence import checking, verify
from gateway.ledger.evidence.bundle import Evidence
from gateway.ledger.evidence.collecting import Collector, NotInLedger
from gateway.ledger.evidence.exporting import DoesNotVerify, export
from gateway.ledger.note import Note, read_note, signed
from gateway.ledger.timestamp import Trusted
from gateway.ledger.timestamping import Timestamping
from gateway.senders.http import HttpClient
from spool import journal
from spool.blobs import Blob
from spool.journal import JournalEntry, Step
from tests.gateway.house import House, group, interchange, invoice, transaction_set, wrapped
from tests.gateway.ledger.authority import Authority

from . import making
from .making import Signer
from .test_commands import follow, unpack

PO = "4500123"
TAKEN = "AK1*PO*1\nAK2*850*0001\nAK5*A\nAK9*A*1*1*1"


def traded(house: House) -> None:
    """An order that left and was acknowledged, an invoice for it that came, and others' business."""
    house.send_order(PO)
    house.take("acme", "997.edi", wrapped("997", TAKEN, 1))
    house.take("acme", "inv.edi", wrapped("810", invoice("INV1", PO), 2))
    house.take("acme", "other.edi", wrapped("810", invoice("INV2", "4500999"), 3))


def collector(house: House) -> Collector:
    gateway = house.gateway
    return Collector(gateway.database, gateway.blobs, gateway.clock, gateway.ledger)


def bundled(evidence: Evidence, folder: Path, *, by_hand: bool = False) -> bytes:
    """The bundle, once both verifiers found all of it proved, and, ``by_hand``, its commands were followed."""
    path = folder / "bundle.zip"
    done = export(evidence, path)
    data = path.read_bytes()
    for report in (
        verify.verify(io.BytesIO(data), verify.read_key(done.trust)),
        checking.check(io.BytesIO(data), evidence.key),
    ):
        assert report.failed == []
    if by_hand:
        followed = follow(unpack(data, folder / "unpacked"))
        assert (followed.returncode, followed.stdout.splitlines()[-1]) == (0, "All holds."), followed.stderr
    return data


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def steps(evidence: Evidence) -> list[str]:
    return [read_entry(entry.body).type for entry in evidence.entries]


def roles(evidence: Evidence) -> set[str]:
    return {payload.role for entry in evidence.entries for payload in entry.payloads}


def test_an_order_is_in_it_both_ways(house: House, tmp_path: Path) -> None:
    traded(house)
    evidence = collector(house).of_order(PO)
    found = members(bundled(evidence, tmp_path, by_hand=True))
    told = steps(evidence)
    for step in ("submitted", "built", "sent", "matched", "received", "parsed", "acknowledged", "delivered"):
        assert step in told
    assert roles(evidence) >= {"received", "sent", "canonical", "answer"}
    assert wrapped("810", invoice("INV1", PO), 2) in found.values()
    assert wrapped("997", TAKEN, 1) in found.values()
    documents = [json.loads(data) for name, data in found.items() if name.startswith("documents/")]
    assert {"PurchaseOrder", "Invoice"} <= {document["type"] for document in documents}


def test_others_business_is_not_in_it(house: House, tmp_path: Path) -> None:
    traded(house)
    found = members(bundled(collector(house).of_order(PO), tmp_path))
    assert not [name for name, data in found.items() if b"4500999" in data or b"INV2" in data]


def test_all_that_the_trail_tells_is_in_it(house: House) -> None:
    traded(house)
    told = {entry.id for entry in house.trail(PO)}
    evidence = collector(house).of_order(PO)
    assert told <= {json.loads(entry.detail or b"{}")["journal"] for entry in evidence.entries}


def test_a_document_or_a_file_may_be_asked_for_alone(house: House, tmp_path: Path) -> None:
    traded(house)
    for number, asked in enumerate((house.documents(number="INV1")[0].id, house.receipts()[1].id)):
        (tmp_path / str(number)).mkdir()
        found = members(bundled(collector(house).of_document(DocumentId(asked)), tmp_path / str(number)))
        assert wrapped("810", invoice("INV1", PO), 2) in found.values()


def test_one_order_of_a_file_with_several_comes_with_the_whole_file_but_not_with_what_became_of_the_others(
    house: House, tmp_path: Path
) -> None:
    sets = [transaction_set("810", invoice(f"I{number}", f"45000{number}"), f"{number:04}") for number in (1, 2)]
    file = interchange(group(*sets))
    house.take("acme", "two.edi", file)
    evidence = collector(house).of_order("450001")
    found = members(bundled(evidence, tmp_path))
    assert file in found.values()
    assert [json.loads(data)["number"] for name, data in found.items() if name.startswith("documents/")].count(
        "I1"
    ) == 1
    assert not [name for name, data in found.items() if name.startswith("documents/") and b'"I2"' in data]


# Anchors


def test_an_auditor_who_kept_a_checkpoint_sees_that_nothing_before_it_was_changed(house: House, tmp_path: Path) -> None:
    house.take("acme", "inv.edi", wrapped("810", invoice("INV1", PO), 2))
    kept = house.gateway.ledger.checkpoint()
    house.take("acme", "more.edi", wrapped("810", invoice("INV2", PO), 3))
    house.gateway.ledger.checkpoint()
    data = bundled(collector(house).of_order(PO, anchor=kept), tmp_path)
    key = house.gateway.ledger.key()
    assert not checking.check(io.BytesIO(data), key, kept).failed
    anchor = verify.read_checkpoint(str(kept).encode())
    assert not verify.verify(io.BytesIO(data), verify.read_key(str(key)), anchor).failed


def test_without_one_the_ledger_extends_what_was_signed_last(house: House) -> None:
    house.take("acme", "inv.edi", wrapped("810", invoice("INV1", PO), 2))
    assert collector(house).of_order(PO).extended is None
    last = house.gateway.ledger.checkpoint()
    house.take("acme", "more.edi", wrapped("810", invoice("INV2", PO), 3))
    extended = collector(house).of_order(PO).extended
    assert extended is not None
    assert extended.checkpoint == last


@pytest.mark.parametrize("size", [0, 2, 1000])
def test_a_checkpoint_of_another_ledger_is_not_extended(house: House, size: int) -> None:
    house.take("acme", "inv.edi", wrapped("810", invoice("INV1", PO), 2))
    stranger: Note = signed(str(Checkpoint("other.example", size, bytes(32))), [Signer("other.example")])
    with pytest.raises(NotInLedger, match="it is not one of this ledger"):
        collector(house).of_order(PO, anchor=stranger)


# What was erased, and what was damaged


def erase(house: House, step: Step, *, recorded: bool = True, payloads: bool = False) -> None:
    """Retention removes what the journal told of one step of the order, or the payloads of it."""
    house.gateway.ledger.drain()
    told = [entry for entry in house.trail(PO) if entry.step == step]

    def remove(session: Session) -> None:
        if payloads:
            receipts = {receipt.id: receipt.sha256 for receipt in house.receipts()}
            digests = [receipts[entry.receipt_id] for entry in told if entry.receipt_id]
            erasure: Erasure = erase_payloads(session, digests)
            session.execute(delete(Blob).where(Blob.sha256.in_(digests)))
        else:
            ids = [entry.id for entry in told]
            erasure = erase_details(session, ids)
            session.execute(delete(JournalEntry).where(JournalEntry.id.in_(ids)))
        if recorded:
            journal.record(session, house.clock, step=Step.PRUNED, detail=erasure.as_json())

    house.gateway.database.write(remove)


@pytest.mark.parametrize("payloads", [False, True])
def test_what_was_erased_on_record_stays_in_the_history(house: House, tmp_path: Path, payloads: bool) -> None:
    traded(house)
    before = collector(house).of_order(PO)
    erase(house, Step.RECEIVED if payloads else Step.SENT, payloads=payloads)
    evidence = collector(house).of_order(PO)
    bundled(evidence, tmp_path)
    assert steps(evidence) == [*steps(before), "pruned"]
    erased = [entry for entry in evidence.entries if entry.detail_erased or any(each.erased for each in entry.payloads)]
    assert {read_entry(entry.body).type for entry in erased} == {"received" if payloads else "sent"}


@pytest.mark.parametrize("payloads", [False, True])
def test_what_is_gone_without_a_record_is_no_evidence(house: House, payloads: bool) -> None:
    traded(house)
    erase(house, Step.RECEIVED if payloads else Step.SENT, payloads=payloads, recorded=False)
    with pytest.raises(NotInLedger, match="no erasure of it is on record"):
        collector(house).of_order(PO)


def damage(house: House, change: Callable[[Session], object]) -> None:
    house.gateway.database.write(change)


def test_a_payload_that_was_changed_is_never_given_out(house: House, tmp_path: Path) -> None:
    traded(house)
    evidence = collector(house).of_order(PO)
    receipt = house.receipts()[1]
    damage(house, lambda session: session.get_one(Blob, receipt.sha256).__setattr__("data", b"other bytes"))
    with pytest.raises(TallyError, match="is damaged"):
        export(evidence, tmp_path / "bundle.zip")
    assert list(tmp_path.glob("*.zip*")) == list(tmp_path.glob(".*")) == []


def test_what_the_ledger_could_not_take_in_is_told(house: House) -> None:
    house.receive("acme", "inv.edi", wrapped("810", invoice("INV1", PO), 2))
    receipt = house.receipts()[0]
    damage(house, lambda session: session.execute(delete(Blob).where(Blob.sha256 == receipt.sha256)))
    with pytest.raises(NotInLedger, match="is not in the ledger"):
        collector(house).of_document(DocumentId(receipt.id))


def test_what_does_not_exist_is_told(house: House) -> None:
    with pytest.raises(NotFound, match="No document names purchase order 99"):
        collector(house).of_order("99")


def test_a_file_that_exists_is_left_as_it_is(house: House, tmp_path: Path) -> None:
    traded(house)
    (tmp_path / "bundle.zip").write_text("mine")
    with pytest.raises(TallyError, match="exists and is left as it is"):
        export(collector(house).of_order(PO), tmp_path / "bundle.zip")
    assert (tmp_path / "bundle.zip").read_text() == "mine"


def test_a_kept_checkpoint_is_read_as_it_was_written(house: House) -> None:
    traded(house)
    kept = house.gateway.ledger.checkpoint()
    assert checking.read_anchor(str(kept).encode()) == read_note(str(kept).encode())


class TestTheStampInTheBundle:
    """With an authority set the bundle says by when all of it was there."""

    @pytest.fixture
    def authority(self) -> Authority:
        making.authority().asked.clear()
        return making.authority()

    @pytest.fixture
    def collecting(self, house: House, authority: Authority) -> Iterator[Collector]:
        house.clock.advance(seconds=(datetime.now(UTC) - house.clock.now()).total_seconds())
        traded(house)
        gateway = house.gateway
        with authority.serving() as url:
            asked = asking.authority(url, authority.roots, None, gateway.home.root, gateway.exchange.client)
            stamping = Timestamping(gateway.database, gateway.clock, gateway.ledger, asked)
            yield replace(collector(house), timestamping=stamping)

    def test_the_first_stamp_after_it_all_happened_is_taken(
        self, house: House, collecting: Collector, authority: Authority, tmp_path: Path
    ) -> None:
        assert collecting.timestamping is not None
        kept = collecting.timestamping.stamp(house.gateway.ledger.checkpoint())
        house.take("acme", "more.edi", wrapped("810", invoice("INV3", "4500999"), 4))
        evidence = collecting.of_order(PO)
        assert evidence.extended is not None
        assert str(evidence.extended.checkpoint) == kept.checkpoint
        assert evidence.stamped is not None
        assert (evidence.stamped.is_earlier, len(authority.asked)) == (True, 1)
        data = bundled(evidence, tmp_path, by_hand=True)
        trusted = Trusted.read(authority.roots.read_bytes())
        judged = checking.check(io.BytesIO(data), evidence.key, None, trusted)
        assert [claim.verdict for claim in judged.claims if claim.step == 11][-1] == verify.PROVED

    def test_where_there_is_none_the_bundle_itself_is_stamped(
        self, house: House, collecting: Collector, tmp_path: Path
    ) -> None:
        evidence = collecting.of_order(PO)
        assert evidence.stamped is not None
        assert not evidence.stamped.is_earlier
        bundled(evidence, tmp_path, by_hand=True)

    @pytest.mark.parametrize("instead", [True, False], ids=["another authority since", "none since"])
    def test_a_stamp_by_the_authority_of_before_comes_with_its_own_roots(
        self, collecting: Collector, authority: Authority, tmp_path: Path, instead: bool
    ) -> None:
        assert collecting.timestamping is not None
        collecting.of_order(PO)
        other = Authority(tmp_path / "other", name="Later Inc")
        asked = asking.authority("http://127.0.0.1:9/", other.roots, None, tmp_path, HttpClient()) if instead else None
        evidence = replace(collecting, timestamping=replace(collecting.timestamping, authority=asked)).of_order(PO)
        assert evidence.stamped is not None
        assert Trusted.read(evidence.stamped.roots) == Trusted.read(authority.roots.read_bytes())
        data = bundled(evidence, tmp_path, by_hand=True)
        for roots, verdict in ((authority.roots, verify.PROVED), (other.roots, verify.FAILED)):
            judged = checking.check(io.BytesIO(data), evidence.key, None, Trusted.read(roots.read_bytes()))
            assert [claim.verdict for claim in judged.claims if claim.step == 11][-1] == verdict

    def test_a_bundle_whose_stamp_does_not_hold_is_not_written(self, collecting: Collector, tmp_path: Path) -> None:
        evidence = collecting.of_order(PO)
        assert evidence.stamped is not None
        others = Authority(tmp_path / "other", name="Later Inc").roots.read_bytes()
        with pytest.raises(DoesNotVerify, match="time stamps"):
            export(replace(evidence, stamped=replace(evidence.stamped, roots=others)), tmp_path / "bundle.zip")

    def test_an_authority_that_is_away_holds_nothing_up(
        self, collecting: Collector, authority: Authority, tmp_path: Path
    ) -> None:
        good = authority.answer
        authority.answer = lambda _: (503, b"")
        evidence = collecting.of_order(PO)
        authority.answer = good
        assert evidence.stamped is None
        bundled(evidence, tmp_path)


def test_who_trusts_the_key_of_before_a_rotation_follows(house: House, tmp_path: Path) -> None:
    traded(house)
    ledger = house.gateway.ledger
    old, kept = ledger.key(), ledger.checkpoint()
    ledger.rotate(timedelta())
    house.take("acme", "more.edi", wrapped("810", invoice("INV3", PO), 4))
    evidence = collector(house).of_order(PO, anchor=kept)
    assert [each.key_id for each in evidence.checkpoint.signatures] == [evidence.key.key_id]
    data = bundled(evidence, tmp_path, by_hand=True)
    assert checking.check(io.BytesIO(data), old, kept).failed == []
    anchor = verify.read_checkpoint(str(kept).encode())
    assert verify.verify(io.BytesIO(data), verify.read_key(str(old)), anchor).failed == []

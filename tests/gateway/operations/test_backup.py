"""A home is backed up while it is worked, restored where nothing of it is, and goes on."""

import gzip
import io
import json
import os
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from canonical.errors import Misconfigured
from gateway.app import Gateway
from gateway.exchange.keyring import Keyring
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.scanning import Anchor
from gateway.operations import backup as backing_up
from gateway.operations.backup import BackedUp, Backup
from gateway.operations.instruction import Instruction
from gateway.operations.manifest import NAME
from gateway.operations.restoring import SKIP, Restored, Restoring
from partners.certificates import Use
from spool.blobs import INLINE_LIMIT
from spool.clock import SystemClock
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from tests import postgresql
from tests.gateway.as2.keys import own
from tests.gateway.house import House, invoice, order, segments, wrapped

from .scene import OUTBOUND, failing

BY = Instruction("anna", "The disk broke.")

LARGE = wrapped("810", invoice("LARGE").replace("IT1*1*8*EA*2.5**VP*AB-1", "\n".join(
    f"IT1*{n}*8*EA*2.5**VP*AB-{n}" for n in range(1, 2500)
)).replace("TDS*2000", "TDS*4998000").replace("CTT*1", "CTT*2499"), 90)  # fmt: skip
assert len(LARGE) > INLINE_LIMIT


def back_up(house: House, target: Path) -> BackedUp:
    return Backup(house.gateway.home, house.gateway.database, house.clock).make(target)


def restore(source: Path, root: Path, skip: int = SKIP) -> Restored:
    return Restoring(SystemClock()).restore(source, root, BY, skip=skip)


@contextmanager
def opened(root: Path) -> Iterator[Gateway]:
    with Gateway.open(root) as gateway:
        yield gateway


def work(gateway: Gateway) -> None:
    gateway.workers(0).run_until_idle()


def trade(house: House) -> None:
    """Something in every place: delivered, rejected, dead, a payload in a file, an order that waits for its answer."""
    house.send_order("4500123")
    house.take("acme", "1.edi", wrapped("810", invoice("INV1")))
    house.take("acme", "large.edi", LARGE)
    house.take("acme", "junk.edi", b"no EDI at all")
    house.receive("acme", "dead.edi", wrapped("810", invoice("INV2"), 2))
    house.work(failing("deliver"))


def test_a_restored_home_is_as_it_was(house: House, tmp_path: Path) -> None:
    trade(house)
    made = back_up(house, tmp_path / "home.backup")
    before = house.gateway.status().as_json()
    waiting = before["ledger"]["waiting"]
    restored = restore(made.path, tmp_path / "new")
    with opened(tmp_path / "new") as gateway:
        # But for that it was restored, which the ledger is still to be told.
        told = {"ledger": before["ledger"] | {"waiting": waiting + 1}, "rates": before["rates"]}
        after = gateway.status().as_json()
        assert after | {"rates": before["rates"]} == before | told
        assert [applied.partner for applied in gateway.partners()] == ["acme", "beta", "cargo"]
        with gateway.database.read() as session:
            large = session.scalars(select(Receipt).where(Receipt.filename == "large.edi")).one()
            assert b"".join(gateway.raw(session, large.id)) == LARGE
    assert restored.balance == house.gateway.status().balance
    for inside in ("tally.toml", "keys/sftp_host_ed25519", "partners/acme.yaml", "sftp/acme/outbox"):
        old, new = house.gateway.home.root / inside, tmp_path / "new" / inside
        assert old.is_dir() or old.read_bytes() == new.read_bytes()
        assert old.is_dir() or new.stat().st_mode & 0o077 == 0
    assert house.outbox("acme").keys() == {path.name for path in (tmp_path / "new/sftp/acme/outbox").iterdir()}


def test_who_may_read_what_was_restored(house: House, tmp_path: Path) -> None:
    """Keys their owner alone; what waits for the ERP, whose importer may be another user, whoever the umask lets."""
    trade(house)
    for path in house.gateway.home.root.rglob("*"):
        path.chmod(0o777 if path.is_dir() else 0o666)
    made = back_up(house, tmp_path / "home.backup").path
    umask = os.umask(0o007)
    try:
        restore(made, tmp_path / "new")
    finally:
        os.umask(umask)
    new = tmp_path / "new"
    [payload, *_] = new.glob("blobs/*/*")
    [given, *_] = new.glob("erp/out/*.json")
    [placed, *_] = new.glob("sftp/acme/outbox/*")
    files = (new / "keys/sftp_host_ed25519", new / "tally.toml", placed, payload, given)
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600, 0o600, 0o600, 0o400, 0o660]
    assert {path.stat().st_mode & 0o777 for path in (new, new / "keys", given.parent, placed.parent)} == {0o700}


def test_it_goes_on_where_the_backup_was_made(house: House, tmp_path: Path) -> None:
    """What waited is done, what was dead is replayed, and a file that came before is known."""
    trade(house)
    house.receive("acme", "waiting.edi", wrapped("810", invoice("INV3"), 3))
    made = back_up(house, tmp_path / "home.backup")
    restore(made.path, tmp_path / "new")
    with opened(tmp_path / "new") as gateway:
        work(gateway)
        [dead] = gateway.administration.dead(limit=10)
        gateway.administration.replay_dead(dead.item_id, BY)
        work(gateway)
        balance = gateway.status().balance
        assert balance.holds
        assert balance.places["delivered"] == 4
        assert (balance.places["dead"], balance.places["pending"]) == (0, 0)
    assert (tmp_path / "new/erp/out").exists()


def test_nothing_that_was_acknowledged_before_is_missing_though_files_keep_coming(house: House, tmp_path: Path) -> None:
    stop = threading.Event()
    acknowledged: list[str] = []
    sent = threading.Semaphore(0)

    def send() -> None:
        number = 100
        while not stop.is_set():
            number += 1
            acknowledged.append(house.receive("acme", f"{number}.edi", wrapped("810", invoice(f"N{number}"), number)))
            sent.release()
            if number % 3 == 0:
                house.work()

    sender = threading.Thread(target=send)
    sender.start()
    try:
        for _ in range(20):
            sent.acquire()
        for number in range(3):
            before = list(acknowledged)
            made = back_up(house, tmp_path / f"{number}.backup")
            restored = restore(made.path, tmp_path / f"new{number}")
            assert restored.balance.holds
            with opened(tmp_path / f"new{number}") as gateway:
                with gateway.database.read() as session:
                    assert set(before) <= set(session.scalars(select(Receipt.id)))
                work(gateway)
                balance = gateway.status().balance
                assert balance.holds
                assert (balance.places["pending"], balance.places["dead"]) == (0, 0)
    finally:
        stop.set()
        sender.join()


class TestWhatWasSentSince:
    def test_does_not_share_its_control_numbers_with_what_is_sent_next(self, house: House, tmp_path: Path) -> None:
        house.send_order("4500123")
        made = back_up(house, tmp_path / "home.backup")
        since = house.send_order("4500124")
        restore(made.path, tmp_path / "new", skip=50)
        (tmp_path / "new/erp/in/4500125.json").write_text(json.dumps(order("4500125")))
        with opened(tmp_path / "new") as gateway:
            gateway.delivery.pull()
            work(gateway)
        sent = {path.name for path in (tmp_path / "new/sftp/acme/outbox").iterdir()}
        assert segments(since)[0][13] == "000000002"
        assert sent == {"850_4500123_000000001.edi", "850_4500125_000000052.edi"}

    def test_of_a_partner_that_had_been_sent_nothing(self, house: House, tmp_path: Path) -> None:
        made = back_up(house, tmp_path / "home.backup")
        restore(made.path, tmp_path / "new")
        with opened(tmp_path / "new") as gateway:
            for shown in gateway.administration.control_numbers():
                assert set(shown.next.values()) == {SKIP + 1}

    def test_what_was_built_before_leaves_with_the_same_bytes(self, house: House, tmp_path: Path) -> None:
        OUTBOUND["not built"](house)
        house.work(lambda kind, handler: handler if kind == "build" else failing(kind)(kind, handler))
        [built] = house.transmissions()
        house.gateway.administration.retry(built.id, BY)
        made = back_up(house, tmp_path / "home.backup")
        restored = restore(made.path, tmp_path / "new")
        assert restored.waiting == 1
        house.work()
        with opened(tmp_path / "new") as gateway:
            work(gateway)
        [path] = (tmp_path / "new/sftp/acme/outbox").iterdir()
        assert house.outbox("acme") == {path.name: path.read_bytes()}

    def test_is_withdrawn_from_the_outbox_where_the_database_does_not_know_it(
        self, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copy = backing_up._copy

        def copy_and_go_on(source: Path, target: Path) -> None:
            copy(source, target)
            house.send_order("4500124")

        house.send_order("4500123")
        monkeypatch.setattr(backing_up, "_copy", copy_and_go_on)
        made = back_up(house, tmp_path / "home.backup")
        assert restore(made.path, tmp_path / "new").withdrawn == 1
        assert [path.name for path in (tmp_path / "new/sftp/acme/outbox").iterdir()] == ["850_4500123_000000001.edi"]
        assert [path.name for path in (tmp_path / "new/withdrawn/acme").iterdir()] == ["850_4500124_000000002.edi"]


def test_the_journal_says_that_the_home_was_restored(house: House, tmp_path: Path) -> None:
    made = back_up(house, tmp_path / "home.backup")
    restore(made.path, tmp_path / "new")
    with opened(tmp_path / "new") as gateway, gateway.database.read() as session:
        [entry] = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.RESTORED))
    assert (entry.actor, entry.outcome) == ("anna", "The disk broke.")
    assert entry.detail == {"made_at": house.clock.now().isoformat(), "skipped": SKIP}


def test_the_ledger_goes_on_in_the_restored_home(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was signed while the backup was made is not in it: the signer would miss it in the ledger."""
    copy = backing_up._copy

    def copy_and_go_on(source: Path, target: Path) -> None:
        copy(source, target)
        house.send_order("4500124")
        house.gateway.ledger.checkpoint()

    house.send_order("4500123")
    signed = Checkpoint.read(house.gateway.ledger.checkpoint().text)
    monkeypatch.setattr(backing_up, "_copy", copy_and_go_on)
    made = back_up(house, tmp_path / "home.backup")
    restore(made.path, tmp_path / "new")
    with opened(tmp_path / "new") as gateway:
        assert gateway.ledger.verify().holds
        assert Checkpoint.read(gateway.ledger.checkpoint().text).size == signed.size + 1
        assert gateway.ledger.verify([Anchor("before", signed)]).holds


def test_our_keys_open_in_the_restored_home(house: House, tmp_path: Path) -> None:
    house.gateway.custody.take_key(own("OURS"), use=Use.BOTH, begins=None, by="anna")
    back_up(house, tmp_path / "home.backup")
    restore(tmp_path / "home.backup", tmp_path / "restored")
    with opened(tmp_path / "restored") as gateway, gateway.database.read() as session:
        [held] = Keyring(gateway.clock, gateway.vault).own(session)
    assert held.key.certificate == own("OURS").certificate


class TestARefusal:
    """Nothing is restored from what is not a whole backup, and nothing is left behind."""

    @pytest.fixture
    def made(self, house: House, tmp_path: Path) -> Path:
        trade(house)
        return back_up(house, tmp_path / "home.backup").path

    def refuse(self, source: Path, tmp_path: Path, match: str) -> None:
        with pytest.raises(Misconfigured, match=match):
            restore(source, tmp_path / "new")
        assert [path.name for path in tmp_path.iterdir() if "new" in path.name] == []

    def rewrite(
        self,
        source: Path,
        change: Callable[[dict[str, bytes]], object],
        kind: Callable[[str], bytes] = lambda _: tarfile.REGTYPE,
    ) -> None:
        with tarfile.open(source) as archive:
            members = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
        change(members)
        with tarfile.open(source, "w:gz") as archive:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                info.type = kind(name)
                archive.addfile(info, io.BytesIO(data))

    @pytest.mark.parametrize("name", ["tally.db", "keys/sftp_host_ed25519", "partners/acme.yaml"])
    def test_of_a_changed_byte(self, made: Path, tmp_path: Path, name: str) -> None:
        def flip(members: dict[str, bytes]) -> None:
            members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])

        self.rewrite(made, flip)
        self.refuse(made, tmp_path, f"damaged: {name} is not")

    def test_of_a_missing_file(self, made: Path, tmp_path: Path) -> None:
        self.rewrite(made, lambda members: members.pop(next(name for name in members if name.startswith("blobs/"))))
        self.refuse(made, tmp_path, "damaged: blobs/")

    def test_of_a_file_too_many(self, made: Path, tmp_path: Path) -> None:
        self.rewrite(made, lambda members: members.update({"partners/evil.yaml": b"partner: evil"}))
        self.refuse(made, tmp_path, "damaged: partners/evil.yaml")

    @pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "keys/../../evil"])
    def test_of_a_path_that_leads_out(self, made: Path, tmp_path: Path, name: str) -> None:
        self.rewrite(made, lambda members: members.update({name: b"evil"}))
        self.refuse(made, tmp_path, "outside the home")
        assert not (tmp_path / "evil").exists()

    def test_of_what_is_no_file(self, made: Path, tmp_path: Path) -> None:
        self.rewrite(
            made,
            lambda members: members.update({"keys": b""}),
            lambda name: tarfile.SYMTYPE if name == "keys" else tarfile.REGTYPE,
        )
        self.refuse(made, tmp_path, "which is no file")

    def test_without_a_manifest(self, made: Path, tmp_path: Path) -> None:
        self.rewrite(made, lambda members: members.pop(NAME))
        self.refuse(made, tmp_path, "incomplete")

    def test_of_a_later_format(self, made: Path, tmp_path: Path) -> None:
        self.rewrite(
            made, lambda members: members.update({NAME: members[NAME].replace(b'"format": 1', b'"format": 2')})
        )
        self.refuse(made, tmp_path, "later Tallystick")

    def test_of_a_file_cut_off(self, made: Path, tmp_path: Path) -> None:
        made.write_bytes(made.read_bytes()[:-2000])
        self.refuse(made, tmp_path, "cannot be read as a backup|incomplete")

    @pytest.mark.parametrize("data", [b"", b"no archive", gzip.compress(b"no archive" * 100, mtime=0)])
    def test_of_something_else(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "x").write_bytes(data)
        self.refuse(tmp_path / "x", tmp_path, "cannot be read as a backup|incomplete")

    def test_where_there_is_none(self, tmp_path: Path) -> None:
        self.refuse(tmp_path / "x", tmp_path, "cannot be read as a backup")

    def test_over_a_home_that_is_there(self, made: Path, house: House) -> None:
        with pytest.raises(Misconfigured, match="not empty"):
            restore(made, house.gateway.home.root)

    def test_to_an_empty_directory_is_none(self, made: Path, tmp_path: Path) -> None:
        (tmp_path / "new").mkdir()
        restore(made, tmp_path / "new")


class TestTheFile:
    def test_is_for_its_owner_alone(self, house: House, tmp_path: Path) -> None:
        assert back_up(house, tmp_path / "x").path.stat().st_mode & 0o777 == 0o600

    def test_is_never_written_over(self, house: House, tmp_path: Path) -> None:
        (tmp_path / "x").write_text("precious")
        with pytest.raises(Misconfigured, match="exists"):
            back_up(house, tmp_path / "x")
        assert (tmp_path / "x").read_text() == "precious"

    def test_is_not_in_the_home(self, house: House) -> None:
        with pytest.raises(Misconfigured, match="lies in the home"):
            back_up(house, house.gateway.home.root / "x")

    def test_is_whole_or_not_there(self, house: House, tmp_path: Path) -> None:
        house.take("acme", "large.edi", LARGE)
        for payload in house.gateway.home.blobs.glob("*/*"):
            payload.unlink()
        with pytest.raises(Misconfigured, match="is missing"):
            back_up(house, tmp_path / "x")
        assert [path.name for path in tmp_path.iterdir()] == ["home"]
        assert not list(house.gateway.home.root.glob(".backup-*"))


@pytest.mark.parametrize("name", ["erp", "partners/more.yaml"])
def test_what_lies_behind_a_link_is_not_left_out_silently(house: House, tmp_path: Path, name: str) -> None:
    """Such as an ERP folder that was moved to a share."""
    there, here = tmp_path / "elsewhere", house.gateway.home.root / name
    if here.exists():
        here.rename(there)
    else:
        there.write_text("# a profile")
    here.symlink_to(there)
    with pytest.raises(Misconfigured, match="is a link") as caught:
        back_up(house, tmp_path / "backup")
    assert str(here) in str(caught.value)
    assert not (tmp_path / "backup").exists()


def test_a_database_of_a_server_is_backed_up_by_its_own_means(
    either_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the words of the refusal, which are run here as they stand."""
    if either_house.gateway.database.url.startswith("sqlite"):
        assert back_up(either_house, tmp_path / "x").path.exists()
        return
    with pytest.raises(Misconfigured) as caught:
        back_up(either_house, tmp_path / "x")
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]
    told = [line.strip() for line in caught.value.message.splitlines() if line.startswith("  ")]
    assert [line.split()[0] for line in told] == ["pg_dump", "tar"]
    monkeypatch.setenv("PATH", str(Path(postgresql._program("pg_dump")).parent), prepend=":")
    for line in told:
        subprocess.run(line, shell=True, check=True, capture_output=True)
    listed = subprocess.run(["pg_restore", "--list", tmp_path / "x.dump"], check=True, capture_output=True, text=True)
    assert "TABLE DATA public receipt" in listed.stdout
    with tarfile.open(tmp_path / "x") as archive:
        assert {"./tally.toml", "./keys/sftp_host_ed25519"} <= set(archive.getnames())
        assert "./sweep.lock" not in archive.getnames()


class TestAnotherDatabaseInTheSettings:
    """The home would be restored into one database, and go on with another."""

    URL = "postgresql+psycopg://tally:secret@db/tally"

    def test_of_the_environment(self, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = back_up(house, tmp_path / "x").path
        monkeypatch.setenv("TALLY_DATABASE_URL", self.URL)
        self.refuse(made, tmp_path)

    def test_of_the_backup(self, house: House, tmp_path: Path) -> None:
        (house.gateway.home.root / "tally.toml").write_text(f'database_url = "{self.URL}"')
        self.refuse(back_up(house, tmp_path / "x").path, tmp_path)

    def refuse(self, made: Path, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="Unset TALLY_DATABASE_URL") as caught:
            restore(made, tmp_path / "new")
        assert "secret" not in caught.value.message
        assert not (tmp_path / "new").exists()

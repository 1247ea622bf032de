"""What counts as received, and what does not."""

import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import paramiko
import pytest

from ..recording import Taken
from .conftest import LIMIT, Site
from .raw import APPEND, NEW, ON, close_raw, open_raw, refusal, write_raw


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 300_000])
def test_an_upload_is_received_whole_before_its_close_is_answered(site: Site, size: int) -> None:
    data = os.urandom(size)
    attributes = site.sftp().putfo(io.BytesIO(data), "/inbox/po.edi")
    assert site.gateway.taken == [Taken("acme", "sftp", "po.edi", data, "127.0.0.1")]
    assert attributes.st_size == size
    assert site.staged() == []


def test_close_waits_for_the_commit(site: Site) -> None:
    asked, go = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        asked.set()
        assert go.wait(10)

    site.gateway.before_commit = hold
    client = site.sftp()
    handle = open_raw(client, "/inbox/po.edi", NEW)
    write_raw(client, handle, 0, b"ISA")
    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(close_raw, client, handle)
        assert asked.wait(10)
        assert not closing.done()
        go.set()
        closing.result(10)


def test_a_cut_connection_publishes_nothing_and_leaves_nothing(site: Site) -> None:
    client = site.sftp()
    handle = open_raw(client, "/inbox/po.edi", NEW)
    write_raw(client, handle, 0, b"ISA*00*")
    assert len(site.staged()) == 1
    site.clients[0].sock.close()
    site.clients[0].close()
    site.wait_for_connections()
    assert site.gateway.taken == []
    assert site.staged() == []
    assert site.sftp().listdir("/inbox") == []


def test_a_polite_goodbye_with_an_open_file_publishes_nothing(site: Site) -> None:
    client = site.sftp()
    write_raw(client, open_raw(client, "/inbox/po.edi", NEW), 0, b"ISA*00*")
    client.close()
    site.wait_for_channels()
    assert site.gateway.taken == []
    assert site.staged() == []


@pytest.mark.parametrize("name", ["po.edi.filepart", "po.edi.part", "po.edi.TMP", ".po.edi"])
@pytest.mark.parametrize("rename", ["rename", "posix_rename"])
def test_a_temporary_name_counts_once_at_its_rename(site: Site, name: str, rename: str) -> None:
    client = site.sftp()
    client.putfo(io.BytesIO(b"ISA"), f"/inbox/{name}")
    assert site.gateway.taken == []
    assert client.stat(f"/inbox/{name}").st_size == 3
    getattr(client, rename)(f"/inbox/{name}", "/inbox/po.edi")
    assert [(taken.filename, taken.data) for taken in site.gateway.taken] == [("po.edi", b"ISA")]
    assert client.listdir("/inbox") == ["po.edi"]
    assert site.staged() == []


def test_a_temporary_name_may_be_renamed_in_a_later_session(site: Site) -> None:
    site.sftp().putfo(io.BytesIO(b"ISA"), "/inbox/po.tmp")
    site.clients[0].close()
    site.wait_for_connections()
    site.sftp().rename("/inbox/po.tmp", "/inbox/po.edi")
    assert site.gateway.contents == {"po.edi": b"ISA"}


def test_a_temporary_name_can_be_continued_replaced_and_removed(site: Site) -> None:
    client = site.sftp()
    client.putfo(io.BytesIO(b"ISA"), "/inbox/a.tmp")
    handle = open_raw(client, "/inbox/a.tmp", ON)
    write_raw(client, handle, 3, b"*00")
    close_raw(client, handle)
    client.putfo(io.BytesIO(b"old, longer"), "/inbox/b.tmp")
    client.putfo(io.BytesIO(b"new"), "/inbox/b.tmp")
    client.putfo(io.BytesIO(b"gone"), "/inbox/c.tmp")
    client.rename("/inbox/a.tmp", "/inbox/a2.tmp")
    client.remove("/inbox/c.tmp")
    assert sorted(client.listdir("/inbox")) == ["a2.tmp", "b.tmp"]
    client.rename("/inbox/a2.tmp", "/inbox/a")
    client.rename("/inbox/b.tmp", "/inbox/b")
    assert site.gateway.contents == {"a": b"ISA*00", "b": b"new"}
    assert site.staged() == []


def test_an_open_file_cannot_be_renamed(site: Site) -> None:
    client = site.sftp()
    open_raw(client, "/inbox/po.tmp", NEW)
    assert "close it before" in refusal(client.rename, "/inbox/po.tmp", "/inbox/po.edi")
    assert site.gateway.taken == []


def test_a_failed_commit_is_answered_with_an_error_and_can_be_tried_again(site: Site) -> None:
    client = site.sftp()
    site.gateway.broken = True
    handle = open_raw(client, "/inbox/po.edi", NEW)
    write_raw(client, handle, 0, b"ISA")
    assert "could not be kept. It was not received; send it again later" in refusal(close_raw, client, handle)
    assert "no such handle" in refusal(close_raw, client, handle)
    with pytest.raises(FileNotFoundError):
        client.stat("/inbox/po.edi")
    client.putfo(io.BytesIO(b"ISA"), "/inbox/b.tmp")
    assert "send it again later" in refusal(client.rename, "/inbox/b.tmp", "/inbox/b")
    site.gateway.broken = False
    client.rename("/inbox/b.tmp", "/inbox/b")
    client.putfo(io.BytesIO(b"ISA"), "/inbox/po.edi")
    assert [taken.filename for taken in site.gateway.taken] == ["b", "po.edi"]
    assert site.staged() == []


def test_after_a_failed_rename_a_large_file_is_never_changed_in_place(site: Site) -> None:
    client = site.sftp()
    client.putfo(io.BytesIO(bytes(100_000)), "/inbox/big.tmp")
    site.gateway.broken = True
    refusal(client.rename, "/inbox/big.tmp", "/inbox/big")
    site.gateway.broken = False
    handle = open_raw(client, "/inbox/big.tmp", ON)
    write_raw(client, handle, 100_000, b"more")
    assert "never came" in refusal(close_raw, client, handle)
    blob = next(path for path in site.root.glob("blobs/*/*") if path.is_file())
    assert blob.stat().st_size == 100_000


def test_a_file_with_a_hole_is_refused(site: Site) -> None:
    client = site.sftp()
    handle = open_raw(client, "/inbox/po.edi", NEW)
    write_raw(client, handle, 0, b"ISA")
    write_raw(client, handle, 10, b"IEA")
    assert "those from 3 on never came" in refusal(close_raw, client, handle)
    assert site.gateway.taken == []
    assert site.staged() == []


def test_pieces_may_come_in_any_order(site: Site) -> None:
    client = site.sftp()
    handle = open_raw(client, "/inbox/po.edi", NEW)
    for offset in (6, 0, 3):
        write_raw(client, handle, offset, b"ISAGSST"[offset : offset + 3])
    close_raw(client, handle)
    assert site.gateway.contents == {"po.edi": b"ISAGSST"}


def test_the_size_limit_is_told_while_writing_and_at_close(site: Site) -> None:
    client = site.sftp()
    handle = open_raw(client, "/inbox/big", NEW)
    assert f"larger than the {LIMIT} bytes" in refusal(write_raw, client, handle, LIMIT - 1, b"12")
    assert f"larger than the {LIMIT} bytes" in refusal(close_raw, client, handle)
    assert site.gateway.taken == []
    assert site.staged() == []


def test_the_same_name_again_is_a_new_version(site: Site) -> None:
    client = site.sftp()
    for data in (b"one", b"two!", b"two!"):
        client.putfo(io.BytesIO(data), "/inbox/po.edi")
    assert [taken.data for taken in site.gateway.taken] == [b"one", b"two!", b"two!"]
    assert client.stat("/inbox/po.edi").st_size == 4


def test_what_clients_do_after_an_upload_succeeds(site: Site) -> None:
    client = site.sftp()
    client.putfo(io.BytesIO(b"ISA"), "/inbox/po.edi")
    client.utime("/inbox/po.edi", (1, 2))
    client.chmod("/inbox/po.edi", 0o644)
    client.chown("/inbox/po.edi", 1000, 1000)
    client.truncate("/inbox/po.edi", 3)
    assert client.lstat("/inbox/po.edi").st_size == 3
    assert [entry.filename for entry in client.listdir_attr("/inbox")] == ["po.edi"]
    assert "cannot be set" in refusal(client.truncate, "/inbox/po.edi", 0)
    with client.open("/inbox/b", "w") as file:
        file.write(b"ISA")
        file.chmod(0o600)
        file.utime((1, 2))
        assert file.stat().st_size == 3
        assert "cannot be set" in refusal(file.truncate, 0)


def test_the_inbox_is_for_sending_only(site: Site) -> None:
    client = site.sftp()
    client.putfo(io.BytesIO(b"ISA"), "/inbox/po.edi")
    client.putfo(io.BytesIO(b"ISA"), "/inbox/b.tmp")
    for path in ("/inbox/po.edi", "/inbox/b.tmp", "/inbox/none"):
        assert "for sending only" in refusal(client.open, path, "r")
    with client.open("/inbox/c", "w+") as file:
        file.write(b"x")
        assert "cannot be read back" in refusal(file.read)
    assert "cannot be taken back" in refusal(client.remove, "/inbox/po.edi")
    assert "was received already" in refusal(client.rename, "/inbox/po.edi", "/inbox/other")
    for change in (client.mkdir, client.rmdir):
        assert "Folders cannot be" in refusal(change, "/inbox/sub")
    assert "Links cannot" in refusal(client.symlink, "/etc/passwd", "/inbox/link")
    assert "no links" in refusal(client.readlink, "/inbox/po.edi")
    assert site.gateway.contents == {"po.edi": b"ISA", "c": b"x"}


def test_a_received_file_cannot_be_continued(site: Site) -> None:
    client = site.sftp()
    client.putfo(io.BytesIO(b"ISA"), "/inbox/po.edi")
    for flags in (0x02, APPEND):
        assert "cannot be continued" in refusal(open_raw, client, "/inbox/po.edi", flags)
    assert "there already" in refusal(client.open, "/inbox/po.edi", "wx")
    handle = open_raw(client, "/inbox/po.edi", ON)
    write_raw(client, handle, 3, b"*00")
    assert "never came" in refusal(close_raw, client, handle)
    assert site.gateway.contents == {"po.edi": b"ISA"}


def test_appending_makes_a_new_file(site: Site) -> None:
    client = site.sftp()
    handle = open_raw(client, "/inbox/po.edi", APPEND)
    for data in (b"ISA", b"GS"):
        write_raw(client, handle, 0, data)
    close_raw(client, handle)
    assert site.gateway.contents == {"po.edi": b"ISAGS"}


def test_eight_uploads_at_once(site: Site) -> None:
    payloads = {f"file-{number}": os.urandom(200_000) for number in range(8)}
    clients = [site.sftp() for _ in payloads]

    def put(client: paramiko.SFTPClient, name: str) -> None:
        client.putfo(io.BytesIO(payloads[name]), f"/inbox/{name}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, clients, payloads))
    assert site.gateway.contents == payloads
    assert len(site.gateway.taken) == 8

"""Collecting from the outbox, and that nothing else is possible there."""

import io
import os

import paramiko
import pytest

from .conftest import Site
from .raw import close_raw, open_raw, refusal

READ = 0x01


def test_a_whole_download_is_noted_once_it_is_closed(site: Site) -> None:
    data = os.urandom(300_000)
    (site.outbox() / "850.edi").write_bytes(data)
    got = io.BytesIO()
    assert site.sftp().getfo("/outbox/850.edi", got) == len(data)
    assert got.getvalue() == data
    site.gateway.wait_for(lambda: site.gateway.collections == [("acme", "850.edi", "downloaded")])


def test_an_empty_file_counts_as_downloaded_when_its_end_was_read(site: Site) -> None:
    (site.outbox() / "empty").touch()
    client = site.sftp()
    close_raw(client, open_raw(client, "/outbox/empty", READ))
    assert site.gateway.collections == []
    with client.open("/outbox/empty") as file:
        assert file.read() == b""
    site.gateway.wait_for(lambda: site.gateway.collections == [("acme", "empty", "downloaded")])


def test_half_a_download_is_not_noted(site: Site) -> None:
    (site.outbox() / "850.edi").write_bytes(bytes(1000))
    client = site.sftp()
    with client.open("/outbox/850.edi") as file:
        assert len(file.read(999)) == 999
    handle = open_raw(client, "/outbox/850.edi", READ)
    client._request(paramiko.sftp.CMD_READ, handle, paramiko.sftp.int64(0), 1000)  # type: ignore[attr-defined]
    client.close()
    site.wait_for_channels()
    assert site.gateway.collections == []


def test_removing_is_noted(site: Site) -> None:
    (site.outbox() / "850.edi").write_bytes(b"ISA")
    client = site.sftp()
    client.remove("/outbox/850.edi")
    assert site.gateway.collections == [("acme", "850.edi", "deleted")]
    assert client.listdir("/outbox") == []
    with pytest.raises(FileNotFoundError):
        client.remove("/outbox/850.edi")


def test_only_finished_regular_files_are_seen(site: Site) -> None:
    outbox = site.outbox()
    (outbox / "850.edi").write_bytes(b"ISA")
    (outbox / ".850.placing").write_bytes(b"I")
    (outbox / "folder").mkdir()
    (outbox / "link").symlink_to("/etc/passwd")
    os.mkfifo(outbox / "pipe")
    client = site.sftp()
    assert [(entry.filename, entry.st_size) for entry in client.listdir_attr("/outbox")] == [("850.edi", 3)]
    for name in (".850.placing", "folder", "link", "pipe", "none"):
        for operation in (client.stat, client.lstat, client.open, client.remove):
            with pytest.raises(FileNotFoundError):
                operation(f"/outbox/{name}")


def test_nothing_is_written_there(site: Site) -> None:
    (site.outbox() / "850.edi").write_bytes(b"ISA")
    client = site.sftp()
    for mode in ("w", "a", "r+", "wx"):
        assert "for collecting only" in refusal(client.open, "/outbox/850.edi", mode)
    assert "Only uploads" in refusal(client.rename, "/outbox/850.edi", "/outbox/other")
    assert "Only uploads" in refusal(client.rename, "/outbox/850.edi", "/inbox/850.edi")
    for change in (client.chmod, client.truncate):
        assert "cannot be changed" in refusal(change, "/outbox/850.edi", 0)
    with client.open("/outbox/850.edi") as file:
        assert "cannot be changed" in refusal(file.chmod, 0)
    assert (site.outbox() / "850.edi").read_bytes() == b"ISA"


def test_an_outbox_that_is_itself_a_link_is_not_followed(site: Site) -> None:
    elsewhere = site.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret").write_bytes(b"x")
    site.outbox().rmdir()
    site.outbox("x").parent.parent.joinpath("acme", "outbox").symlink_to(elsewhere)
    client = site.sftp()
    refusal(client.listdir, "/outbox")
    refusal(client.open, "/outbox/secret")

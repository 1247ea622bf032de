"""The tree a partner sees, and that there is no way out of it."""

import io
from pathlib import Path
from typing import Any

import paramiko
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.identity import PartnerId
from gateway.listeners.port import SftpAccount
from gateway.listeners.sftp.files import PartnerFiles
from gateway.listeners.sftp.refusal import Refusal
from gateway.listeners.sftp.services import FileServices
from gateway.listeners.sftp.uploads import Temporaries
from spool.blob_files import BlobFiles

from ..recording import RecordingGateway
from .conftest import Site
from .raw import NEW, open_raw, refusal


def files(root: Path) -> PartnerFiles:
    gateway = RecordingGateway(root / "blobs")
    (root / "staging").mkdir(exist_ok=True)
    services = FileServices(
        gateway,
        gateway,
        gateway,
        BlobFiles(root / "blobs"),
        Temporaries(10, 10.0, lambda: 0.0),
        root / "sftp",
        root / "staging",
    )
    return PartnerFiles(paramiko.ServerInterface(), SftpAccount("acme", PartnerId("acme")), "test", services)


def test_there_are_two_folders(site: Site) -> None:
    client = site.sftp()
    assert sorted(client.listdir("/")) == ["inbox", "outbox"]
    assert client.normalize(".") == "/"
    client.chdir("inbox")
    assert client.normalize(".") == "/inbox"
    client.putfo(io.BytesIO(b"ISA"), "po.edi")
    assert client.listdir("../inbox/./") == ["po.edi"]


def test_an_upload_without_cd_is_told_where_to_go(site: Site) -> None:
    assert "send to /inbox/po.edi" in refusal(site.sftp().open, "po.edi", "w")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/../etc/passwd",
        "/outbox/../../etc/passwd",
        "/inbox/a/b",
        "/outbox/a/b",
        "/inbox/../bolt/inbox/x",
    ],
)
def test_paths_outside_do_not_exist(site: Site, path: str) -> None:
    client = site.sftp()
    for operation in (client.stat, client.lstat, client.open, client.remove, client.listdir):
        with pytest.raises(FileNotFoundError):
            operation(path)
    with pytest.raises(FileNotFoundError):
        client.open(path, "w")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (b"/inbox/\xff.edi", "must be UTF-8"),
        (b"/inbox/a\0b", "NUL"),
        (b"/inbox/a\nb", "control characters"),
        (b"/inbox/" + b"x" * 256, "longer than 255 bytes"),
        ("/inbox/" + "é" * 128, "longer than 255 bytes"),
        (b"/inbox/" + b"x" * 2000, "longer than 1024 characters"),
        (b"/inbox", "is a folder"),
        (b"/inbox/..", "is a folder|no files in /|There is no"),
    ],
)
def test_names_that_cannot_be_taken_are_refused_in_words(site: Site, path: Any, message: str) -> None:
    client = site.sftp()
    with pytest.raises(OSError, match=message):
        open_raw(client, path, NEW)
    assert client.listdir("/inbox") == []
    assert site.staged() == []


def test_two_partners_do_not_see_each_other(site: Site) -> None:
    acme, bolt = site.sftp("acme"), site.sftp("bolt")
    (site.outbox("acme") / "850.edi").write_bytes(b"for acme")
    acme.putfo(io.BytesIO(b"from acme"), "/inbox/po.edi")
    acme.putfo(io.BytesIO(b"from acme"), "/inbox/b.tmp")
    assert bolt.listdir("/inbox") == bolt.listdir("/outbox") == []
    for path in ("/inbox/po.edi", "/inbox/b.tmp", "/outbox/850.edi"):
        with pytest.raises(FileNotFoundError):
            bolt.stat(path)
    with pytest.raises(FileNotFoundError):
        bolt.rename("/inbox/b.tmp", "/inbox/b")
    assert acme.listdir("/outbox") == ["850.edi"]


PATHS = st.lists(
    st.sampled_from(
        ["", ".", "..", "inbox", "outbox", "a.edi", "b.tmp", ".c", "\0", "x" * 300, "\n", "~", "*", "\\..\\"]
    ),
    max_size=6,
).map("/".join)


@given(path=PATHS, other=PATHS, flags=st.integers(0, 0o7777))
def test_no_path_reaches_outside_or_raises_anything_but_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, path: str, other: str, flags: int
) -> None:
    root = tmp_path_factory.getbasetemp() / "paths"
    root.mkdir(exist_ok=True)
    tree = files(root)
    before = set(root.iterdir())
    attr = paramiko.SFTPAttributes()
    for operation, arguments in (
        (tree.open, (path, flags, attr)),
        (tree.stat, (path,)),
        (tree.list_folder, (path,)),
        (tree.remove, (path,)),
        (tree.rename, (path, other)),
        (tree.mkdir, (path, attr)),
        (tree.chattr, (path, attr)),
        (tree.canonicalize, (path,)),
    ):
        try:
            answer = operation(*arguments)
        except Refusal:
            continue
        if isinstance(answer, paramiko.SFTPHandle):
            answer.close()
    assert set(root.iterdir()) == before

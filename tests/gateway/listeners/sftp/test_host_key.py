"""The server's key is made once, kept private, and never silently replaced."""

from pathlib import Path

import paramiko
import pytest

from canonical.errors import Misconfigured
from gateway.listeners.sftp.host_key import HOST_KEY_NAME, load_host_key


def test_it_is_made_once_for_the_owner_only(tmp_path: Path) -> None:
    first, second = load_host_key(tmp_path), load_host_key(tmp_path)
    assert isinstance(first, paramiko.Ed25519Key)
    assert first.asbytes() == second.asbytes()
    assert (tmp_path / HOST_KEY_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [HOST_KEY_NAME]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_host_key(tmp_path)
    (tmp_path / HOST_KEY_NAME).chmod(0o640)
    with pytest.raises(Misconfigured, match="chmod 600"):
        load_host_key(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN OPENSSH PRIVATE KEY-----\n"])
def test_a_broken_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / HOST_KEY_NAME
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Misconfigured, match="backup"):
        load_host_key(tmp_path)
    assert path.read_bytes() == content

"""OpenSSH's own sftp client, as a supplier's script would run it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import PASSWORD, Site

SFTP = shutil.which("sftp")
pytestmark = pytest.mark.skipif(SFTP is None, reason="OpenSSH's sftp is not installed")

COMMON = (
    "-oIdentitiesOnly=yes",
    "-oIdentityAgent=none",
    "-oConnectTimeout=10",
    "-F",
    "/dev/null",
)


def run(site: Site, commands: str, *options: str, user: str = "acme") -> subprocess.CompletedProcess[str]:
    """Run a batch in the test's directory. The host key is checked against the server's own."""
    known = site.root / "known_hosts"
    key = site.server._host_key
    known.write_text(f"[127.0.0.1]:{site.server.port} {key.get_name()} {key.get_base64()}\n")
    batch = site.root / "batch"
    batch.write_text(commands)
    ask = site.root / "askpass"
    ask.write_text(f"#!/bin/sh\necho '{PASSWORD}'\n")
    ask.chmod(0o700)
    return subprocess.run(
        [
            SFTP or "",
            "-oStrictHostKeyChecking=yes",
            *COMMON,
            *(options or (f"-oIdentityFile={site.key_file}",)),
            f"-oUserKnownHostsFile={known}",
            f"-P{site.server.port}",
            f"-b{batch}",
            f"{user}@127.0.0.1",
        ],
        cwd=site.root,
        env={**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def file(site: Site) -> Path:
    path = site.root / "po.edi"
    path.write_bytes(os.urandom(200_000))
    return path


def test_a_whole_visit(site: Site, file: Path) -> None:
    (site.outbox() / "850.edi").write_bytes(b"ISA*for acme")
    done = run(
        site,
        """cd inbox
put po.edi
put -p po.edi kept.edi
put po.edi safe.edi.filepart
rename safe.edi.filepart safe.edi
chmod 644 po.edi
ls -l
ls -l po.edi
cd ../outbox
get 850.edi
get -p 850.edi again.edi
rm 850.edi
ls
""",
    )
    assert done.returncode == 0, done.stderr
    assert list(site.gateway.contents) == ["po.edi", "kept.edi", "safe.edi"]
    assert set(site.gateway.contents.values()) == {file.read_bytes()}
    assert len(site.gateway.taken) == 3
    assert (site.root / "850.edi").read_bytes() == b"ISA*for acme"
    assert [action for _, _, action in site.gateway.collections] == ["downloaded", "downloaded", "deleted"]
    listing = [line.split() for line in done.stdout.splitlines() if line.startswith("-")]
    assert {(line[4], line[-1]) for line in listing} == {
        ("200000", name) for name in ("po.edi", "kept.edi", "safe.edi")
    } | {("200000", "po.edi")}
    assert site.staged() == []


def test_it_logs_in_with_a_password(site: Site, file: Path) -> None:
    options = ("-oBatchMode=no", "-oPubkeyAuthentication=no", "-oPreferredAuthentications=password")
    done = run(site, "put po.edi inbox/\n", *options, user="bolt")
    assert done.returncode == 0, done.stderr
    assert [(taken.partner, taken.filename) for taken in site.gateway.taken] == [("bolt", "po.edi")]


def test_it_uses_strong_algorithms(site: Site) -> None:
    done = run(site, "pwd\n", "-v", f"-oIdentityFile={site.key_file}")
    assert done.returncode == 0
    for weak in ("-oCiphers=aes128-cbc", "-oMACs=hmac-sha1", "-oKexAlgorithms=diffie-hellman-group14-sha1"):
        ciphers = () if "Ciphers" in weak else ("-oCiphers=aes128-ctr",)
        refused = run(site, "pwd\n", weak, *ciphers, f"-oIdentityFile={site.key_file}")
        assert refused.returncode != 0
        assert "no matching" in refused.stderr


def test_a_failed_commit_makes_the_batch_fail(site: Site, file: Path) -> None:
    site.gateway.broken = True
    done = run(site, "put po.edi inbox/po.edi\n")
    assert done.returncode != 0
    assert site.gateway.taken == []
    assert site.staged() == []


@pytest.mark.parametrize(
    "command",
    [
        "put po.edi",
        "get inbox/po.edi stolen",
        "mkdir inbox/sub",
        "rm inbox/seen.edi",
        "put po.edi outbox/po.edi",
        "ln -s /etc/passwd inbox/link",
        "get ../../etc/passwd stolen",
        "rename inbox/seen.edi inbox/other",
    ],
)
def test_what_is_not_allowed_makes_the_batch_fail(site: Site, file: Path, command: str) -> None:
    done = run(site, f"put po.edi inbox/seen.edi\n{command}\n")
    assert done.returncode != 0
    assert list(site.gateway.contents) == ["seen.edi"]
    assert not (site.root / "stolen").exists()


def test_there_is_no_shell_and_no_forwarding(site: Site) -> None:
    ssh = shutil.which("ssh")
    if ssh is None:
        pytest.skip("OpenSSH's ssh is not installed")
    common = [ssh, "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", *COMMON]
    target = [f"-oIdentityFile={site.key_file}", f"-p{site.server.port}", "acme@127.0.0.1"]
    for extra in ([], ["-Wlocalhost:1"]):
        done = subprocess.run(
            [*common, *extra, *target, *([] if extra else ["id"])],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode != 0
        assert "uid=" not in done.stdout

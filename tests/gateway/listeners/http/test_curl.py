"""curl as a client: nothing of it is ours."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.listeners.http import ClientCertificates, ServerTls, plain
from gateway.listeners.http.basic import Credentials, credentials_of

from ...certificates import certificate
from .conftest import Serve, Site

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

BODY = bytes(range(256)) * 8000


def curl(site: Site, *arguments: str, scheme: str = "http", path: str = "/as2") -> tuple[int, str]:
    """Its exit code, and the answer with ``|status`` behind it."""
    options = ["--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--write-out", "|%{http_code}"]
    command = ["curl", *options, *arguments, f"{scheme}://localhost:{site.server.port}{path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.fixture
def upload(tmp_path: Path) -> str:
    path = tmp_path / "upload"
    path.write_bytes(BODY)
    return f"@{path}"


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--http1.0",),
        ("--header", "Transfer-Encoding: chunked"),
        ("--header", "Expect:"),
        ("--header", "Expect: 100-continue"),
    ],
)
def test_it_posts(site: Site, upload: str, options: tuple[str, ...]) -> None:
    assert curl(site, *options, "--data-binary", upload) == (0, f"{len(BODY)} bytes\n|200")
    assert site.bodies == [BODY]


def test_it_reads_why_it_was_refused(serve: Serve, upload: str) -> None:
    with serve(body_bytes=1000) as site:
        code, said = curl(site, "--data-binary", upload)
        assert code == 0
        assert said.endswith("At most 1000 bytes are taken here; agree on another way for larger ones.\n|413")
        code, said = curl(
            site, "--header", "Transfer-Encoding: chunked", "--header", "Expect:", "--data-binary", upload
        )
        assert said.endswith("|413")
    assert site.bodies == []


def test_it_looks_around(site: Site) -> None:
    assert curl(site)[1].endswith("the address is right.\n|200")
    assert curl(site, "--head")[1].startswith("HTTP/1.1 200 OK")
    assert curl(site, path="/healthz") == (0, "alive\n|200")
    assert curl(site, path="/elsewhere")[1].endswith("|404")


def test_it_comes_over_tls_with_a_certificate_of_its_own(serve: Serve, tmp_path: Path, upload: str) -> None:
    ours, partner = certificate("gateway"), certificate("partner")
    (path, key), (its_path, its_key) = ours.write(tmp_path), partner.write(tmp_path)
    with serve(tls=ServerTls(path, key, clients=ClientCertificates.REQUIRED, trusted=[partner.der])) as site:
        trust = ("--cacert", str(path))
        own = ("--cert", str(its_path), "--key", str(its_key))
        assert curl(site, *trust, *own, "--data-binary", upload, scheme="https") == (0, f"{len(BODY)} bytes\n|200")
        assert curl(site, *trust, "--data-binary", upload, scheme="https")[0] != 0
    assert [taken.head.peer.certificate for taken in site.handler.taken] == [partner.der]


def test_it_sends_its_password(site: Site) -> None:
    site.handler.objection = lambda head: None if any(head.values(b"authorization")) else plain(401, "who?")
    assert curl(site, "--data", "x")[1].endswith("|401")
    assert curl(site, "--user", "acme:secret", "--data", "x")[1].endswith("|200")
    assert credentials_of(site.handler.taken[0].head.fields) == Credentials("acme", b"secret")

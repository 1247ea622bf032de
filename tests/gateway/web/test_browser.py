"""An auditor in a real browser, which runs no scripts: from the login to a bundle that verifies."""

import subprocess
import sys
from pathlib import Path

from gateway.ledger.evidence import verify
from gateway.users.tables import Role
from tests.browser import Browser, browser

from .conftest import PO, Site

WIDE, NARROW = (1100, 800), (360, 720)


def test_from_the_login_to_a_bundle_that_verifies(traded: Site, tmp_path: Path) -> None:
    with browser(tmp_path) as auditor:
        auditor.call("Emulation.setScriptExecutionDisabled", value=True)
        auditor.resize(*WIDE)
        auditor.open(f"http://127.0.0.1:{traded.port}/audit/invoices")
        auditor.write("input[name=token]", "wrong")
        auditor.follow("button.main")
        assert "That is no token of anybody" in auditor.html()
        auditor.write("input[name=token]", traded.tokens[Role.AUDITOR])
        auditor.follow("button.main")
        assert "should not be" in auditor.html("table")
        assert auditor.printed().startswith(b"%PDF-")
        auditor.follow(f"a[href='/audit/trail?po={PO}']")
        assert "delivered" in auditor.html("table")
        _fits_a_telephone(auditor)
        bundle = _download(auditor, "form[action='/api/v1/evidence'] button", tmp_path)
        _keeps_its_cookie(auditor)
        auditor.follow("form[action='/logout'] button")
        auditor.open(f"http://127.0.0.1:{traded.port}/audit")
        assert "<h1>Log in</h1>" in auditor.html()
    script = [sys.executable, "-I", str(verify.__file__), str(bundle)]
    trusted = [*script, "--trust", str(traded.house.gateway.ledger.key())]
    assert subprocess.run(trusted, capture_output=True, check=False).returncode == 0


def _fits_a_telephone(auditor: Browser) -> None:
    auditor.resize(*NARROW)
    assert auditor.width() <= NARROW[0]
    auditor.resize(*WIDE)


def _download(auditor: Browser, button: str, folder: Path) -> Path:
    auditor.click(button)
    begun = auditor.wait("Browser.downloadWillBegin")
    auditor.wait("Browser.downloadProgress", guid=begun["guid"], state="completed")
    return folder / str(begun["suggestedFilename"])


def _keeps_its_cookie(auditor: Browser) -> None:
    """From scripts and from other sites."""
    [cookie] = auditor.call("Network.getCookies")["cookies"]
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == ("tally", True, "Strict", "/")

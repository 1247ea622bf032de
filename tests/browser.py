"""Chromium without a window, for tests: driven as a person would, by clicks and keys, over its debugging pipe.

That protocol needs nothing but two pipes, so there is no driver to install. Where no Chromium is, the tests are skipped with the reason;
with ``TALLY_TEST_REQUIRES=chromium`` they fail.
"""

import json
import os
import select
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 60.0
"""For whatever it must do; never waited for in vain."""

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """One page of one browser. What was asked for and did not come in time is an AssertionError."""

    def __init__(self, to_it: int, from_it: int, downloads: Path) -> None:
        self._to_it = to_it
        self._from_it = from_it
        self._buffer = b""
        self._count = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads), eventsEnabled=True)
        self._session = session
        for domain in ("Page", "DOM", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        """Ask for something and wait for the answer."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to_it, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._count:
                assert "error" not in answer, (method, answer)
                return answer["result"]
            self.events.append(answer)

    def wait(self, method: str, **having: Any) -> dict[str, Any]:
        """The next event of this name, with these parameters, since the last one that was waited for."""
        while True:
            while self.events:
                event = self.events.pop(0)
                params = event.get("params", {})
                if event.get("method") == method and having.items() <= params.items():
                    return dict(params)
            self.events.append(self._next())

    # As a person does

    def open(self, url: str) -> None:
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def click(self, selector: str) -> None:
        """In the middle of an element that is brought into view."""
        node = self._node(selector)
        self.call("DOM.scrollIntoViewIfNeeded", nodeId=node)
        quad = self.call("DOM.getContentQuads", nodeId=node)["quads"][0]
        place = {"x": (quad[0] + quad[4]) / 2, "y": (quad[1] + quad[5]) / 2, "button": "left", "clickCount": 1}
        self.events.clear()
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **place)

    def follow(self, selector: str) -> None:
        """Click on what leads to another page, and wait for it."""
        self.click(selector)
        self.wait("Page.loadEventFired")

    def write(self, selector: str, text: str) -> None:
        self.call("DOM.focus", nodeId=self._node(selector))
        self.call("Input.insertText", text=text)

    # What is seen

    def html(self, selector: str = "html") -> str:
        return str(self.call("DOM.getOuterHTML", nodeId=self._node(selector))["outerHTML"])

    def width(self) -> float:
        """How wide the content is, in pixels of the page."""
        return float(self.call("Page.getLayoutMetrics")["cssContentSize"]["width"])

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def picture(self) -> bytes:
        """A screenshot, PNG."""
        return b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def printed(self) -> bytes:
        """As it would be printed, PDF."""
        return b64decode(self.call("Page.printToPDF")["data"])

    def _node(self, selector: str) -> int:
        root = self.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        assert node, f"there is no {selector} on the page"
        return int(node)

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + _SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from_it], [], [], max(0.0, until - time.monotonic()))
            data = os.read(self._from_it, 1 << 16) if ready else b""
            assert data, "Chromium ended, or says nothing"
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return dict(json.loads(message))


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with its profile and its downloads in ``folder``; skips the test where there is none."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        reason = f"there is no browser here: install one of {', '.join(_NAMES)}"
        if "chromium" in os.environ.get("TALLY_TEST_REQUIRES", ""):
            pytest.fail(reason)
        pytest.skip(reason)
    read_by_it, to_it = os.pipe()
    from_it, written_by_it = os.pipe()
    # It wants its pipes as 3 and 4, and only a shell can move them there in the child.
    shell = ["bash", "-c", f'exec "$@" 3<&{read_by_it} 4>&{written_by_it}', "bash"]
    command = [*shell, program, *_FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, pass_fds=(read_by_it, written_by_it), stdin=quiet, stdout=quiet, stderr=quiet) as it:
        os.close(read_by_it)
        os.close(written_by_it)
        try:
            yield Browser(to_it, from_it, folder)
        finally:
            os.close(to_it)  # which ends it
            with suppress(subprocess.TimeoutExpired):
                it.wait(_SECONDS)
            it.kill()
            os.close(from_it)

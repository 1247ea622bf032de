"""The frame of pages: nothing in it runs, and a title from outside stays text."""

import re

from gateway.html_page import as_text, html_page


def test_text_from_outside_stays_text() -> None:
    assert as_text("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"


def test_what_a_terminal_would_obey_is_shown() -> None:
    assert "\x1b" not in as_text("a\x1b[2Jb")


def test_a_page_runs_and_fetches_nothing() -> None:
    page = html_page("<script>alert(1)</script>", "<p>main</p>", "foot")
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<img|<link|src=|href=", page)
    assert page.index("<p>main</p>") < page.index("<footer><p>foot</p>")

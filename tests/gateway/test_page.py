"""The page for the sender: one file, nothing fetched, everything escaped, and all of it there."""

import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gateway.checking import check
from gateway.page import MOST_ANSWER_LINES, MOST_EXPLANATIONS, FileReport, page, report

from .house import BAD_INVOICE, NOON, House, csv, csv_invoice, group, interchange, invoice, transaction_set, wrapped

BAD = wrapped("810", BAD_INVOICE.format(number="B", order="1"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def reported(data: bytes, name: str = "file.edi", house: House | None = None, partner: str | None = None) -> FileReport:
    file = io.BytesIO(data)
    applied = None if house is None or partner is None else house.gateway.partner(partner)
    return report(name, check(file, name, applied), file, applied, NOON)


def written(data: bytes, name: str = "file.edi") -> str:
    return page([reported(data, name)], NOON)


class Seen(HTMLParser):
    """The elements of a page with their attributes, its text, and what was opened and not closed."""

    VOID = frozenset({"meta", "link", "img", "br", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.marked: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] == "mark":
            self.marked.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_page_shows_verdict_segment_and_what_to_do() -> None:
    seen = Seen(written(BAD))
    assert seen.open == []
    assert "Rejected" in seen.text
    assert seen.marked == ["QQ"]
    assert "IT103, unit of measure (element 355)" in seen.text
    assert "What to do: Send a code of the list." in seen.text
    assert "AK4*3*355*7*QQ~" in seen.text
    assert "Checked on 2026-11-21 at 12:00 UTC" in seen.text


def test_nothing_is_fetched_and_nothing_runs() -> None:
    text = written(BAD)
    seen = Seen(text)
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in seen.elements}
    assert not any(name in ("src", "href") or name.startswith("on") for _, attrs in seen.elements for name in attrs)
    assert not re.search(r"url\(|@import|https?://", text)
    assert {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'",
    } in seen.named("meta")


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;", "\u202egpj", "\x1b[2J", "</pre></main>"]
)  # fmt: skip
def test_text_from_a_file_stays_text(hostile: str) -> None:
    plain = Seen(written(wrapped("810", "BIG*20261199*A\nREF*ZZ*A\nTDS*0"), "a.edi"))
    data = wrapped(
        "810", f"BIG*20261199*A\nREF*ZZ*{hostile}*{hostile}*{hostile}\nNTE*{hostile}*x\nTDS*0", sender=hostile[:15]
    )
    seen = Seen(written(data, f"{hostile}.edi"))
    assert {tag for tag, _ in seen.elements} <= {tag for tag, _ in plain.elements}
    assert {"\u202e", "\x1b"}.isdisjoint(seen.text)


def test_it_can_be_read_by_a_screen_reader_and_on_paper() -> None:
    text = written(BAD)
    seen = Seen(text)
    assert seen.named("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in seen.named("meta")
    ids = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(attributes["aria-labelledby"] in ids for attributes in seen.named("article"))
    assert all(attributes == {"scope": "col"} for attributes in seen.named("th"))
    assert "@media print" in text
    assert "prefers-color-scheme: dark" in text


def test_ids_differ_between_files_of_one_page() -> None:
    seen = Seen(page([reported(BAD, "a.edi"), reported(BAD, "b.edi")], NOON))
    ids = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) == 2
    assert len(seen.named("h1")) == 2


def test_of_a_good_file_it_says_so() -> None:
    seen = Seen(written(wrapped("810", invoice())))
    assert "Nothing was found to be wrong." in seen.text
    assert seen.named("article") == []
    assert "AK5*A~" in seen.text


def test_where_something_is_missing_the_place_is_marked() -> None:
    assert Seen(written(wrapped("810", "BIG*20261121\nTDS*0"))).marked == ["[here]"]


def test_an_interchange_that_is_refused_is_answered_by_a_TA1() -> None:
    seen = Seen(written(wrapped("810", invoice()).partition(b"IEA")[0]))
    assert "The acknowledgement (TA1) that would be sent" in seen.text
    assert "*R*023~" in seen.text


def test_with_a_partner_the_answer_is_the_one_of_the_agreement(house: House) -> None:
    house.amend("acme", ("usage: T", 'usage: T\n  delimiters: {segment: "\'"}'))
    stranger, unknown = (
        wrapped("810", invoice(), sender="X"),
        wrapped("850", "BEG*00*SA*1**20261121\nPO1*1*1*EA*1**VP*A\nCTT*1"),
    )
    assert "AK5*R*1'\n" in Seen(page([reported(unknown, house=house, partner="acme")], NOON)).text
    seen = Seen(page([reported(stranger, house=house, partner="acme")], NOON))
    assert "The acknowledgement (TA1) that would be sent" in seen.text
    assert "TA1*000000001*261121*0646*R*006'" in seen.text


def test_what_is_never_answered_has_no_answer(house: House) -> None:
    house.amend("acme", ("usage: T", "usage: T\n  acknowledgement: {send: false}"))
    data = wrapped("810", invoice())
    assert "that would be sent" not in Seen(page([reported(data, house=house, partner="acme")], NOON)).text


def test_what_nobody_can_be_answered_for_has_no_answer() -> None:
    assert "that would be sent" not in Seen(written(b"hello")).text


def test_rows_have_their_cell_marked_and_a_report_for_an_answer(house: House) -> None:
    data = csv(csv_invoice("A"), csv_invoice("B").replace("2026-11-21", "soon"))
    seen = Seen(page([reported(data, "a.csv", house, "beta")], NOON))
    assert seen.marked == ["soon"]
    assert "row 3, column Date" in seen.text
    assert "The report that would be sent" in seen.text
    assert "status,document,row,column,code,message,value" in seen.text


def test_a_page_stays_short_however_much_is_wrong() -> None:
    sets = [
        transaction_set("810", f"BIG*20261199*A\nZ{number:02d}*1\nTDS*0", f"{number:04d}") for number in range(1, 300)
    ]
    found = reported(interchange(group(*sets, control=5), control=3))
    assert len(found.explanations) == MOST_EXPLANATIONS
    assert found.unlisted == 300 - MOST_EXPLANATIONS
    assert found.answer is not None
    assert len(found.answer.lines) == MOST_ANSWER_LINES
    seen = Seen(page([found], NOON))
    assert f"{300 - MOST_EXPLANATIONS} more findings are not listed." in seen.text
    assert "199 more transaction sets are not listed." in seen.text


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine to render the page with")
@pytest.mark.parametrize("width", [1280, 500])
def test_a_browser_renders_it_without_scrolling_sideways(width: int, tmp_path: Path) -> None:
    """The page says its own width in its title, by a script that only this test adds."""
    assert CHROMIUM is not None
    long = wrapped("810", f"BIG*20261199*A\nIT1*1*1*QQ*5**VP*{'W' * 48}\nTDS*500\nCTT*1", sender="W" * 15)
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", written(long, f"{'long' * 40}.edi"))
    script = "<script>document.title = 'wide ' + (document.documentElement.scrollWidth > innerWidth)</script></body>"
    file = tmp_path / "page.html"
    file.write_text(text.replace("</body>", script), "utf-8")
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900",
    ]  # fmt: skip
    run = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    assert "<title>wide false</title>" in run.stdout

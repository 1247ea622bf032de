"""The page for the sender: one file, nothing fetched, everything escaped, and all of it there."""

import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.checking import check
from gateway.page import MOST_ANSWER_LINES, MOST_EXPLANATIONS, FileReport, page, report

from .house import BAD_INVOICE, NOON, House, csv, csv_invoice, group, interchange, invoice, transaction_set, wrapped

BAD = wrapped("810", BAD_INVOICE.format(number="B", order="1"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

with_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine to render the page with")


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


HOSTILE = (
    "<script>window.owned=1</script>", '"><img src=x onerror=window.owned=1>', "'><svg/onload=window.owned=1>", "</pre></main><iframe>",
    "</title><script>window.owned=1</script>", "</style><script>window.owned=1</script>", "--><b>", "]]><b>", "&lt;b&gt;", "&#60;b&#62;",
    "\u202egpj", "\u2066x", "\u200b\ufeff", "\x1b[2J", "\x00\x85\x9b", "javascript:window.owned=1//",
)  # fmt: skip
SEPARATES = re.compile("[*~>\n]")
"""What would end an element; everything else may stand in one."""
ISA = wrapped("810", invoice())[:106].decode()
EVERYWHERE = {
    "the ISA": ISA.replace("ACME           ", "{15}").replace("000000001", "{9}") + "GS*IN*A*B*20261121*0646*1*X*004010~",
    "the GS and ST": ISA + "GS*{}*{}*{}*{}*{}*{}*{}*{}~ST*{}*{}~BIG*1*{}~SE*{}*{}~GE*{}*{}~IEA*{}*{}~",
    "the names of segments": ISA + "GS*IN*A*B*20261121*0646*1*X*004010~ST*810*0001~{}*1~{}~SE*4*0001~GE*1*1~IEA*1*000000001~",
    "a set": ISA + "GS*IN*A*B*20261121*0646*1*X*004010~ST*810*{}~BIG*{}*{}*{}*{}~REF*{}*{}*{}~NTE*{}*{}~IT1*{}*{}*{}*{}*{}*VP*{}~"
    "TDS*{}~CTT*{}~SE*{}*{}~GE*1*1~IEA*1*000000001~",
    "what is no X12": "{}",
    "junk before an ISA": "{}" + wrapped("810", invoice()).decode(),
}  # fmt: skip
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "article", "h1", "h2", "h3", "p", "pre",
    "mark", "span", "strong", "dl", "div", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "id", "aria-labelledby", "scope"}


def filled(template: str, hostile: str) -> bytes:
    """A template with the text at each of its places, cut where the place has a width."""
    return re.sub(
        r"\{(\d*)\}", lambda at: hostile[: int(at[1])].ljust(int(at[1])) if at[1] else hostile, template
    ).encode()


def assert_only_text(text: str) -> None:
    """No element, attribute or class beyond those of a page, and nothing in it that a reader would not see."""
    seen = Seen(text)
    assert {tag for tag, _ in seen.elements} <= ELEMENTS
    assert {name for _, attributes in seen.elements for name in attributes} <= ATTRIBUTES
    assert {(attributes["class"] or "").isidentifier() for _, attributes in seen.elements if "class" in attributes} <= {
        True
    }
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]", text) is None
    text.encode()


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("place", EVERYWHERE)
def test_text_from_a_file_or_its_name_stays_text(place: str, hostile: str) -> None:
    name = f"{hostile}.edi".replace("/", "|")
    assert_only_text(written(filled(EVERYWHERE[place], SEPARATES.sub("|", hostile)), name))
    # With other delimiters, those that HTML knows may stand in an element.
    data = filled(EVERYWHERE[place].replace("*", "\x1d").replace("~", "\x1e").replace(">", "\x1f"), hostile)
    assert_only_text(written(data, name))


@given(st.text(max_size=12), st.sampled_from(sorted(EVERYWHERE)))
@settings(max_examples=60, deadline=None)
def test_any_text_stays_text(text: str, place: str) -> None:
    assert_only_text(written(filled(EVERYWHERE[place], text.encode(errors="replace").decode()), f"{text}.edi"))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_of_rows_and_of_a_partners_rules_stays_text(house: House, hostile: str) -> None:
    cell = hostile.replace('"', '""')
    row = csv_invoice("A").replace("2026-11-21", f'"{cell}"')
    for data in (csv(row), csv(row).replace(b"Invoice,", f'"{cell}",'.encode())):
        assert_only_text(page([reported(data, f"{hostile.replace('/', '|')}.csv", house, "beta")], NOON))
    if not hostile.isprintable():
        return  # no profile can say that
    message = json.dumps(hostile)
    house.amend("acme", ("sftp: {}", f"name: {message}\nsftp: {{}}"), ("name: acme Inc\n", ""))
    rule = f"rules: [{{set: 810, checks: [{{name: dates, must: {{present: DTM}}, message: {message}}}]}}]\n"
    house.amend("acme", ("sftp: {}", f"{rule}sftp: {{}}"))
    text = page([reported(wrapped("810", invoice()), "a.edi", house, "acme")], NOON)
    assert_only_text(text)
    assert hostile in Seen(text).text


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


def answered_by_a_browser(text: str, question: str, width: int, folder: Path) -> str:
    """What JavaScript says of a page. The script is added by the test alone, and so must be allowed to run."""
    assert CHROMIUM is not None
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    file = folder / "page.html"
    file.write_text(text.replace("</body>", f"<script>document.title = 'so: ' + ({question})</script></body>"), "utf-8")
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900",
    ]  # fmt: skip
    run = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    answer = re.search("<title>so: (.*)</title>", run.stdout)
    assert answer is not None
    return answer[1]


@pytest.mark.slow
@with_chromium
@pytest.mark.parametrize("width", [1280, 500])
def test_a_browser_renders_it_without_scrolling_sideways(width: int, tmp_path: Path) -> None:
    long = wrapped("810", f"BIG*20261199*A\nIT1*1*1*QQ*5**VP*{'W' * 48}\nTDS*500\nCTT*1", sender="W" * 15)
    text = written(long, f"{'long' * 40}.edi")
    assert answered_by_a_browser(text, "document.documentElement.scrollWidth > innerWidth", width, tmp_path) == "false"


@pytest.mark.slow
@with_chromium
def test_a_browser_runs_nothing_of_it_even_if_scripts_were_allowed(tmp_path: Path) -> None:
    reports = [
        reported(
            filled(template.replace("*", "\x1d").replace("~", "\x1e").replace(">", "\x1f"), hostile), f"{hostile}.edi"
        )
        for template in EVERYWHERE.values()
        for hostile in HOSTILE
    ]
    asked = "[window.owned, document.images.length, document.scripts.length, document.querySelectorAll('svg, iframe, b').length]"
    assert answered_by_a_browser(page(reports, NOON), asked, 1280, tmp_path) == ",0,1,0"

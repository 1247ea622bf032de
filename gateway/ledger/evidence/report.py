"""The page in an evidence bundle: what it is about, what happened, which files it has, and how anybody verifies it. Pure.

It is for reading and printing, and proves nothing itself, which it says. Nothing is fetched, there are no scripts, and every text from
outside is escaped.
"""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from ...html_page import as_text, html_page
from .. import exact
from ..checkpoint import Checkpoint
from ..entry import Entry, read_entry
from .bundle import Evidence, OpenedEntry
from .manifest import detail_name, entry_name, payload_name

NAME = "report.html"

_SUBJECTS = {"order": "purchase order", "document": "document"}


def page(evidence: Evidence) -> str:
    """The whole page."""
    title = f"Evidence about {_SUBJECTS.get(evidence.subject.kind, evidence.subject.kind)} {evidence.subject.id}"
    header = f"<header><h1>{as_text(title)}</h1>\n<p>Made on {evidence.made_at:%Y-%m-%d at %H:%M} UTC by Tallystick.</p></header>"
    footer = "This page is for reading. What is proved is what the verifier says, not what stands here."
    return html_page(title, "\n".join((header, *_body(evidence))), footer)


def _body(evidence: Evidence) -> Iterator[str]:
    yield from _verifying(evidence)
    yield from _happened(evidence)
    yield from _files(evidence)
    yield from _messages(evidence)
    yield from _beside(evidence)


def _verifying(evidence: Evidence) -> Iterator[str]:
    sealed = Checkpoint.read(evidence.checkpoint.text)
    yield "<h2>How to verify it</h2>"
    yield (
        "<p>Have the ledger's verifier key, and <code>verify.py</code>, by another way than this bundle: from an earlier audit, or from "
        "whoever runs the gateway. Then, on any machine with Python 3.8 or later, offline:</p>"
    )
    yield "<pre>python3 verify.py BUNDLE.zip --trust KEY</pre>"
    yield '<p>Each claim can be checked by hand too: <a href="COMMANDS.txt">COMMANDS.txt</a> has the exact commands.</p>'
    yield "<dl>"
    facts = {
        "Ledger": sealed.origin,
        "Its key": str(evidence.key),
        "Sealed": f"the first {sealed.size} entries",
        "Root": b64encode(sealed.root).decode(),
    }
    if evidence.extended is not None:
        facts["Extends"] = f"the ledger of {evidence.extended.old} entries, sealed by an earlier checkpoint"
    yield from (f"<div><dt>{label}</dt><dd>{as_text(text)}</dd></div>" for label, text in facts.items())
    yield "</dl>"


def _happened(evidence: Evidence) -> Iterator[str]:
    yield "<h2>What happened</h2>"
    yield from _head("Time (UTC)", "What", "Partner", "About", "How it went", "By", "Entry")
    for opened in evidence.entries:
        entry, detail = read_entry(opened.body), _detail(opened)
        cells = (
            f"{entry.ts[:10]} {entry.ts[11:19]}",
            entry.type.replace("_", " "),
            str(detail.get("partner") or ""),
            entry.doc,
            str(detail.get("outcome") or entry.outcome),
            str(detail.get("actor") or entry.actor),
        )
        yield f"<tr>{''.join(f'<td>{as_text(cell)}</td>' for cell in cells)}<td>{_entry_links(opened)}</td></tr>"
    yield "</tbody></table>"


def _entry_links(opened: OpenedEntry) -> str:
    link = _link(entry_name(opened.idx), str(opened.idx))
    if opened.detail is None:
        return f"{link} (its details were erased, as entry {opened.detail_erased} records)"
    return f"{link}, {_link(detail_name(opened.idx), 'details')}"


def _detail(opened: OpenedEntry) -> Mapping[str, Any]:
    return {} if opened.detail is None else dict(exact.read(opened.detail))


def _files(evidence: Evidence) -> Iterator[str]:
    used: dict[str, list[tuple[str, int, Entry]]] = defaultdict(list)
    gone = []
    for opened in evidence.entries:
        entry = read_entry(opened.body)
        for payload in opened.payloads:
            if payload.sha256 is None:
                gone.append(
                    f"The payload “{payload.role}” of entry {opened.idx} was erased, as entry {payload.erased} records."
                )
            else:
                used[payload.sha256].append((payload.role, payload.size, entry))
    if used:
        yield "<h2>Payloads, byte for byte as they were</h2>"
        yield from _head("SHA-256", "Bytes", "As")
        for sha256, uses in sorted(used.items()):
            roles = ", ".join(sorted({f"{role} ({entry.type.replace('_', ' ')})" for role, _, entry in uses}))
            yield f"<tr><td>{_link(payload_name(sha256), sha256)}</td><td>{uses[0][1]}</td><td>{as_text(roles)}</td></tr>"
        yield "</tbody></table>"
    yield from (f"<p>{as_text(each)}</p>" for each in gone)


def _messages(evidence: Evidence) -> Iterator[str]:
    if not evidence.messages:
        return
    yield "<h2>Signed over AS2</h2>"
    yield from _head("What", "File", "By the holder of", "MIC")
    for each in evidence.messages:
        mic = "" if each.mic is None else f"{each.mic}, {each.digest}"
        yield (
            f"<tr><td>{as_text(each.about)}</td><td>{_link(each.file, each.file)}</td>"
            f"<td>{_link(each.certificate, each.certificate)}</td><td>{as_text(mic)}</td></tr>"
        )
    yield "</tbody></table>"


def _beside(evidence: Evidence) -> Iterator[str]:
    if evidence.beside:
        yield "<h2>Also in the bundle</h2>"
        yield f"<p>{', '.join(_link(name, name) for name in sorted(evidence.beside))}</p>"


def _head(*names: str) -> Iterator[str]:
    columns = "".join(f'<th scope="col">{name}</th>' for name in names)
    yield f"<table><thead><tr>{columns}</tr></thead><tbody>"


def _link(name: str, text: str) -> str:
    return f'<a href="{escape(name)}">{as_text(text)}</a>'

"""The frame of the pages that people read in a browser, and how text from outside stands in them."""

from html import escape
from pathlib import Path

from .printable import shown

_STYLE = (Path(__file__).parent / "page.css").read_text("utf-8")


def as_text(outside: str) -> str:
    """Text from outside as it may stand in a page."""
    return escape(shown(outside))


def html_page(title: str, main: str, footer: str) -> str:
    """A whole page that runs nothing and fetches nothing, whatever stands in it. ``main`` and ``footer`` are HTML, ``title`` is text."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{as_text(title)}</title>
<style>
{_STYLE}</style>
</head>
<body>
<main>
{main}
</main>
<footer><p>{footer}</p></footer>
</body>
</html>
"""

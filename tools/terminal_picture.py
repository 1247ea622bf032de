"""A picture of what a command printed: ``python -m tools.terminal_picture TITLE TARGET.svg COMMAND...``.

The README's pictures are made by this from real runs; an SVG stays readable when it is scaled and can be searched.
"""

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 128


def picture(title: str, text: str) -> str:
    """The text as the SVG of a terminal, without references to anything outside it."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    console.print(Text.from_ansi(text))
    drawn = console.export_svg(title=title)
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)


def main(arguments: list[str]) -> int:
    if len(arguments) < 3:
        print("usage: python -m tools.terminal_picture TITLE TARGET.svg COMMAND...", file=sys.stderr)
        return 2
    title, target, *command = arguments
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
    Path(target).write_text(picture(title, printed.rstrip()), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

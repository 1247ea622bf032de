"""Write docs/states.md from the table of legal moves: ``python -m tools.states_page``."""

from pathlib import Path

from spool.states import page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "states.md"

if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")

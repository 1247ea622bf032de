"""How values are spelled in tables for people."""

from datetime import datetime


def as_cell(value: str | int | bool | datetime | None) -> str:
    """Times are in UTC and to the second."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)

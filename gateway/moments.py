"""Days and moments as they are typed."""

from datetime import UTC, datetime

from canonical.errors import Misconfigured


def moment(option: str, text: str | None) -> datetime | None:
    """What ``option`` says, UTC unless it says otherwise; a day is its beginning. Raises Misconfigured."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Misconfigured(
            f'{option} "{text}" is not a day or a moment such as 2026-11-20 or 2026-11-20T14:00.'
        ) from error

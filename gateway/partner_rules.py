"""What a profile says that the standard's tables must bear out, its version and its ``rules``, brought to where files are read and
written: partners know nothing of tables, translators of partners.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, TypeAdapter

from partners.agreement import Direction
from partners.registry import AppliedProfile
from translators.x12 import overlay
from translators.x12.overlaid import OverlaidTables
from translators.x12.overlay import Check, Overlay, fault
from translators.x12.overlay_source import parse, parsed
from translators.x12.schema import table_version, versions
from translators.x12.tables import STANDARD, Tables


def _with_a_table(version: str) -> str:
    if table_version(version) is None:
        raise fault(
            f'nothing can be written in "{version}": no table is near enough.',
            f"There are tables for {', '.join(versions())}; agree one of them with the partner.",
        )
    return version


TABLES_SECTION: Mapping[str, Callable[[Any], Any]] = {
    "rules": parse,
    "x12.version": TypeAdapter(Annotated[str, AfterValidator(_with_a_table)]).validate_python,
}
"""How the parts of a profile are checked that are about the standard's tables."""

_DIRECTIONS = {Direction.INBOUND: overlay.Direction.RECEIVE, Direction.OUTBOUND: overlay.Direction.SEND}


def tables(applied: AppliedProfile, direction: Direction) -> Tables:
    """By what a file from or to this partner is judged.

    What we send is for the version that is agreed, under whichever version's tables it is proved.
    """
    overlays = _overlays(applied)
    if direction is Direction.OUTBOUND and applied.profile.x12 is not None:
        version = applied.profile.x12.version
        overlays = tuple(each.model_copy(update={"version": None}) for each in overlays if each.is_for(version))
    return OverlaidTables(overlays, _DIRECTIONS[direction]) if overlays else STANDARD


def comparisons(applied: AppliedProfile, set_id: str, version: str | None) -> tuple[Check, ...]:
    """The checks that hold a received document against its order; ``version`` is GS08, None for what is no X12."""
    return tuple(
        check
        for each in _overlays(applied)
        if each.set_id == set_id and each.direction is not overlay.Direction.SEND
        if version is None or each.is_for(version)
        for check in each.checks
        if check.compare is not None
    )


def _overlays(applied: AppliedProfile) -> tuple[Overlay, ...]:
    return parsed(list(applied.profile.rules)) if applied.profile.rules else ()

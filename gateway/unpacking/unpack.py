"""Which format a received file has, and what is in it."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from canonical.identity import BlobDigest
from partners.registry import AppliedProfile
from translators import flat
from translators.flat import ColumnMap

from ..orders.comparing import Orders, no_orders
from .interchange import unpack_interchanges
from .notice import is_notice, notice
from .rows import unpack_rows
from .unpacked import Unpacked

LOOKED_AT = 4096
"""Bytes in which the head of an interchange must begin for a file to be taken for X12."""

_COLUMN_MAPS: TypeAdapter[tuple[ColumnMap, ...]] = TypeAdapter(tuple[ColumnMap, ...])

CSV_SECTION: Mapping[str, Callable[[Any], Any]] = {"csv": _COLUMN_MAPS.validate_python}
"""How the ``csv`` section of a profile is checked, since partners know nothing of column maps."""


def column_maps(applied: AppliedProfile) -> tuple[ColumnMap, ...]:
    """The column maps of a profile, in their order."""
    return _COLUMN_MAPS.validate_python(applied.profile.csv)


def unpack(
    chunks: Iterable[bytes], filename: str, applied: AppliedProfile, source: BlobDigest, orders: Orders = no_orders
) -> Unpacked:
    """What is in a file from this partner. ``orders`` are what its rules compare with. Never raises for what is in the bytes."""
    head, chunks = _peek(chunks)
    profile = applied.profile
    column_map = flat.choose(column_maps(applied), filename)
    is_x12 = _begins_like_x12(head)
    if column_map is not None and not is_x12:
        unpacked = Unpacked("csv", applied.version, source)
        unpack_rows(chunks, filename, column_map, applied, unpacked, orders)
        return unpacked
    if is_notice(filename) and not is_x12:
        unpacked = Unpacked(None, applied.version, source)
        unpacked.quarantine = (
            "It is a notice about a file of ours, which nothing answers. Read it: `tally doc raw` prints it."
        )
        return unpacked
    if profile.x12 is not None and (is_x12 or b"ISA" in head):
        unpacked = Unpacked("x12", applied.version, source)
        unpack_interchanges(chunks, applied, unpacked, orders)
        return _concluded(unpacked, filename)
    unpacked = Unpacked(None, applied.version, source)
    return _unreadable(unpacked, filename, head, applied)


def _concluded(unpacked: Unpacked, filename: str) -> Unpacked:
    """A file without any document ends here, and its sender hears of it. Documents end each for themselves."""
    if unpacked.size:
        unpacked.quarantine = None
        return unpacked
    first = next((finding.message for finding in unpacked.findings if finding.is_error), "It holds no transaction set.")
    if unpacked.interchanges:
        if unpacked.quarantine is None:
            unpacked.rejection = first
        return unpacked
    unpacked.quarantine = first
    text = notice(filename, "not read, set aside", unpacked.findings, _ADVICE)
    unpacked.report_on = lambda _filename, _told: text
    return unpacked


_ADVICE = (
    "Send the file again as agreed: an X12 interchange from ISA to IEA, or CSV under the agreed name. Nothing was lost."
)


def _unreadable(unpacked: Unpacked, filename: str, head: bytes, applied: AppliedProfile) -> Unpacked:
    expected = []
    if applied.profile.x12 is not None:
        expected.append("an X12 interchange (begins with ISA)")
    expected += [f"CSV named {column_map.filename}" for column_map in column_maps(applied)]
    found = "The file is empty." if not head else "The file has none of the agreed forms."
    unpacked.quarantine = f"{found} From {applied.partner} these are expected: {', or '.join(expected)}."
    text = notice(filename, f"not read, set aside. {found}", (), f"Expected: {', or '.join(expected)}. {_ADVICE}")
    unpacked.report_on = lambda _filename, _told: text
    return unpacked


def _peek(chunks: Iterable[bytes]) -> tuple[bytes, Iterable[bytes]]:
    """The first bytes of a file, and the whole of it."""
    iterator = iter(chunks)
    taken: list[bytes] = []
    size = 0
    for chunk in iterator:
        taken.append(chunk)
        size += len(chunk)
        if size >= LOOKED_AT:
            break
    return b"".join(taken)[:LOOKED_AT], itertools.chain(taken, iterator)


def _begins_like_x12(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"ISA")

"""How much of a hostile or broken file is kept in memory before it becomes a finding."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``segment_bytes`` without the terminator; ``set_segments`` with ST and SE; ``group_sets`` because a group's answer names them all.

    Findings beyond their limits are not kept: ``set_findings`` a transaction set, ``envelope_findings`` an interchange or group.
    """

    segment_bytes: int = 1 << 20
    set_segments: int = 500_000
    group_sets: int = 500_000
    set_findings: int = 1_000
    envelope_findings: int = 10_000


DEFAULT = Limits()

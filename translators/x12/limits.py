"""How much of a hostile or broken file is kept in memory before it becomes a finding."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``segment_bytes`` without the terminator; ``set_segments`` with ST and SE; findings beyond their limits are counted, not kept."""

    segment_bytes: int = 1 << 20
    set_segments: int = 1_000_000
    set_findings: int = 1_000
    group_findings: int = 10_000


DEFAULT = Limits()

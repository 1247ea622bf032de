"""The answer to a sender whose file no acknowledgement of its own format can answer: a text that a person reads."""

from collections.abc import Mapping, Sequence

from canonical.finding import Finding

from ..filenames import derived

MOST = 50
"""Findings told; more would hide the first."""

_REJECTED, _NOTICE = ".rejected.txt", ".notice.txt"


def is_notice(filename: str) -> bool:
    """Whether a file is itself a notice, by its name: two gateways that answer each other's would never end."""
    return filename.endswith((_REJECTED, _NOTICE))


def notice(filename: str, verdict: str, findings: Sequence[Finding], advice: str) -> tuple[str, bytes]:
    """Name and bytes of the notice: what became of the file, where and why, and what to do."""
    lines = [f"File: {filename}", f"Result: {verdict}", ""]
    for finding in findings[:MOST]:
        lines.append(f"- {finding.severity.value}: {_place(finding)}{finding.message}")
    if len(findings) > MOST:
        lines.append(f"- and {len(findings) - MOST} more.")
    lines += ["", f"What to do: {advice}", ""]
    return derived(filename, _REJECTED), "\r\n".join(lines).encode("utf-8")


def told_notice(filename: str, told: Mapping[str, str]) -> tuple[str, bytes] | None:
    """The notice about documents that an acknowledgement accepts as X12 but that go nowhere; None where there are none."""
    reasons = list(dict.fromkeys(told.values()))
    if not reasons:
        return None
    lines = [
        f"File: {filename}",
        "Result: not everything in it was taken.",
        "",
        *(f"- {reason}" for reason in reasons[:MOST]),
    ]
    if len(reasons) > MOST:
        lines.append(f"- and {len(reasons) - MOST} more.")
    return derived(filename, _NOTICE), "\r\n".join([*lines, ""]).encode("utf-8")


def called_off(filename: str, what: str) -> tuple[str, bytes]:
    """The notice that something a sender gave us, and perhaps was acknowledged, goes nowhere because we called it off."""
    lines = [
        f"File: {filename}",
        "Result: not everything in it was taken.",
        "",
        f"- {what} was called off by us and is not used. Ask us before you send it again.",
        "",
    ]
    return derived(filename, _NOTICE), "\r\n".join(lines).encode("utf-8")


def _place(finding: Finding) -> str:
    if finding.row is not None:
        return f"row {finding.row}{f', column {finding.column}' if finding.column else ''}: "
    if finding.segment:
        return f"segment {finding.segment}{f' (number {finding.segment_index})' if finding.segment_index else ''}: "
    return f"byte {finding.offset}: " if finding.offset is not None else ""

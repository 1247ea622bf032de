"""A 997 in words, segment by segment, beside what the gateway found (X12 997, segments AK1 to AK9)."""

from collections.abc import Iterator, Sequence

from canonical.finding import Finding

_VERDICTS = {"A": "accepted", "E": "accepted with errors", "P": "accepted in part", "R": "rejected"}


def explained(segments: Sequence[str], findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """Each segment of a 997 with ``*`` between its elements, and what it says."""
    by_place = {(str(finding.segment_index), str(finding.element)): finding.message for finding in findings}
    segment = "0"
    for text in segments:
        tag, _, rest = text.partition("*")
        elements = [*rest.split("*"), "", "", ""]
        if tag == "AK3":
            segment = elements[1]
        yield text, _words(tag, elements, by_place.get((segment, elements[0]), ""))


def _words(tag: str, elements: Sequence[str], message: str) -> str:
    match tag:
        case "AK1":
            return f"About your group {elements[1]} ({elements[0]}),"
        case "AK2":
            return f"the {elements[0]} number {elements[1]} in it:"
        case "AK3":
            return f"in segment {elements[1]}, {elements[0]},"
        case "AK4":
            return message
        case "AK5":
            return f"It is {_VERDICTS.get(elements[0], elements[0])}."
        case "AK9":
            verdict = _VERDICTS.get(elements[0], elements[0])
            return f"The group is {verdict}: {elements[1]} announced, {elements[2]} received, {elements[3]} accepted."
        case _:
            return ""

"""The text that answers a file no acknowledgement can answer."""

from canonical.finding import Finding, Severity
from gateway.unpacking.notice import MOST, notice


def finding(message: str, **fields: object) -> Finding:
    return Finding.model_validate({"code": "x", "severity": Severity.ERROR, "message": message} | fields)


def test_it_says_what_where_why_and_what_to_do() -> None:
    name, data = notice(
        "inv.edi",
        "not read, set aside",
        [
            finding("No such date.", row=3, column="Date"),
            finding("Cut off.", row=4),
            finding("Bad code.", segment="IT1", segment_index=7, offset=99),
            finding("Junk.", offset=12, severity=Severity.WARNING),
            finding("Odd."),
        ],
        "Send it again.",
    )
    assert name == "inv.edi.rejected.txt"
    assert data.decode().split("\r\n") == [
        "File: inv.edi",
        "Result: not read, set aside",
        "",
        "- error: row 3, column Date: No such date.",
        "- error: row 4: Cut off.",
        "- error: segment IT1 (number 7): Bad code.",
        "- warning: byte 12: Junk.",
        "- error: Odd.",
        "",
        "What to do: Send it again.",
        "",
    ]


def test_the_first_findings_are_told_and_the_rest_counted() -> None:
    _, data = notice("a", "no", [finding(f"Fault {n}.") for n in range(MOST + 7)], "Mend it.")
    assert data.count(b"Fault ") == MOST
    assert b"- and 7 more." in data

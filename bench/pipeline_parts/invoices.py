"""Invoices (810) of 20 lines, one by one or very many in one interchange."""

from pathlib import Path

from .server import PARTNER

LINES = 20


def _set(number: int) -> str:
    items = "".join(f"IT1*{line}*8*EA*2.5**VP*AB-{line:05d}*UP*012345678905~" for line in range(1, LINES + 1))
    return (
        f"ST*810*{number:09d}~BIG*20261121*INV{number}*20261120*PO{number}~{items}"
        f"TDS*{LINES * 2000}~CTT*{LINES}~SE*{LINES + 5}*{number:09d}~"
    )


def _head(number: int) -> str:
    return (
        f"ISA*00*          *00*          *ZZ*{PARTNER.upper():<15}*ZZ*{'OURCOMPANY':<15}*261121*0646*U*00401*{number:09d}*0*T*>~"
        f"GS*IN*{PARTNER.upper()}*OURCOMPANY*20261121*0646*{number}*X*004010~"
    )


def invoice(number: int) -> bytes:
    return f"{_head(number)}{_set(number)}GE*1*{number}~IEA*1*{number:09d}~".encode()


def write_big(path: Path, size: int) -> int:
    """Write one interchange of about ``size`` bytes; how many invoices it has."""
    documents = 0
    with path.open("w", encoding="ascii") as file:
        file.write(_head(1))
        while file.tell() < size:
            documents += 1
            file.write(_set(documents))
        file.write(f"GE*{documents}*1~IEA*1*{1:09d}~")
    return documents

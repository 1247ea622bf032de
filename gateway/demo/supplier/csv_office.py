"""A supplier without EDI: an order came by telephone, and a spreadsheet writes the answers as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from .office import Outgoing, Unexpected
from .words import say

ENCODING = "cp1252"
"""What the spreadsheet saves."""

LINES = (("1", "TS-5100", 12, Decimal("64.90"), 0), ("2", "TS-5140", 4, Decimal("118.00"), 14))
"""Position, the buyer's article, pieces, price of one, and days of delay, as they were noted on the telephone."""


class CsvOffice:
    """Confirms the order; once that was taken, bills it."""

    renames = False

    def __init__(self, order: str, ordered_on: date, today: date) -> None:
        self._order = order
        self._ordered_on = ordered_on
        self._today = today
        self._waiting: list[str] = []
        self._confirmed = False

    @property
    def finished(self) -> bool:
        return self._confirmed and not self._waiting

    def begin(self) -> Iterable[Outgoing]:
        """The confirmation."""
        rows = [self._confirmation(*line) for line in LINES]
        yield self._file(f"ab-{self._order}.csv", rows)

    def take(self, name: str, data: bytes) -> Iterator[Outgoing]:
        """A report came: what does its first line say of our file?"""
        about = next((sent for sent in self._waiting if name.startswith(sent)), None)
        if about is None:
            raise Unexpected(f"{name} answers nothing that we sent.")
        first = next(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
        status, message = first["status"], first["message"]
        say("answer", f"report for {about}: {message}", file=about, verdict=status)
        if status != "accepted":
            raise Unexpected(f"{about} was {status}: {message}")
        self._waiting.remove(about)
        if not self._confirmed:
            self._confirmed = True
            yield self._file("re-2041.csv", self._bill())

    def _confirmation(self, position: str, article: str, pieces: int, price: Decimal, delay: int) -> dict[str, str]:
        return {
            "Bestellung": self._order,
            "Bestelldatum": _day(self._ordered_on),
            "Auftrag": "A-2041",
            "Pos": position,
            "Artikel": article,
            "Menge": str(pieces),
            "Einheit": "Stück",
            "Status": "später" if delay else "bestätigt",
            "Zugesagt": str(pieces),
            "Liefertermin": _day(self._ordered_on + timedelta(days=7 + delay)),
        }

    def _bill(self) -> list[dict[str, str]]:
        total = sum((pieces * price for _, _, pieces, price, _ in LINES), Decimal(0))
        return [
            {
                "Rechnung": "2041",
                "Datum": _day(self._today),
                "Bestellung": self._order,
                "Summe": _number(total),
                "Pos": position,
                "Artikel": article,
                "Menge": str(pieces),
                "Einheit": "Stück",
                "Einzelpreis": _number(price),
            }
            for position, article, pieces, price, _ in LINES
        ]

    def _file(self, name: str, rows: Sequence[dict[str, str]]) -> Outgoing:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        self._waiting.append(name)
        return name, out.getvalue().encode(ENCODING)


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _number(number: Decimal) -> str:
    return f"{number:.2f}".replace(".", ",")

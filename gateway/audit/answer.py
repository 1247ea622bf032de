"""An answer to an auditor's question, and how it leaves: as CSV or lines of JSON, with what was asked, when, and of which ledger. Pure."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Row = Mapping[str, Any]


class Form(StrEnum):
    """How an answer is exported."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Answer:
    """``question`` in words; ``checkpoint`` is how far the ledger was, signed; ``holds`` is whether all is as it must be."""

    question: str
    asked_at: datetime
    checkpoint: str
    columns: Sequence[str]
    rows: Sequence[Row]
    holds: bool

    @property
    def about(self) -> dict[str, Any]:
        """What was asked and answered, without the rows."""
        return {
            "question": self.question,
            "asked_at": self.asked_at.isoformat(),
            "checkpoint": self.checkpoint,
            "holds": self.holds,
        }

    def exported(self, form: Form) -> str:
        """The whole answer. In CSV each row repeats what was asked and when, so that none is told without."""
        return self._csv() if form is Form.CSV else self._lines()

    def _csv(self) -> str:
        file = io.StringIO()
        told = {"asked": self.question, "asked_at": self.asked_at.isoformat(), "ledger": self._ledger()}
        writer = csv.DictWriter(file, [*self.columns, *told], lineterminator="\r\n")
        writer.writeheader()
        for row in self.rows:
            writer.writerow({name: _cell(row[name]) for name in self.columns} | told)
        return file.getvalue()

    def _lines(self) -> str:
        return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in (self.about, *self.rows))

    def _ledger(self) -> str:
        """The origin, size and root of the checkpoint on one line."""
        return " ".join(self.checkpoint.split("\n")[:3])


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not isinstance(value, int) else text

"""What there is to see after the play: rows of the database, files of the ERP, words of the suppliers. Gathered, not judged."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from canonical.documents import DOCUMENTS, AnyDocument
from spool.documents import DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.states import MessageState
from spool.transmissions import Transmission

from ..app import Gateway
from ..exchange.arrivals import Arrival, ArrivalKind
from ..exchange.sendings import Sending
from ..operations.status import StatusReport
from .stage import Supplier


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything at one moment.

    ``collected`` are the ids of the transmissions that their partner fetched; ``messages`` went over AS2, and ``arrivals`` came over it,
    other than MDNs. ``words`` is what each supplier said, ``failures`` why one gave up, and ``working`` those that still run.
    """

    documents: Sequence[DocumentRow]
    receipts: Sequence[Receipt]
    transmissions: Sequence[Transmission]
    collected: frozenset[str]
    messages: Sequence[Sending]
    arrivals: Sequence[Arrival]
    status: StatusReport
    erp_documents: Sequence[AnyDocument]
    erp_statuses: Sequence[Mapping[str, Any]]
    words: Mapping[str, Sequence[Mapping[str, Any]]]
    failures: Mapping[str, str]
    working: Sequence[str]

    def document(self, type_: str, number: str, direction: str) -> DocumentRow | None:
        """The document of a kind and number that came or went."""
        return next(
            (row for row in self.documents if (row.type, row.number, row.direction) == (type_, number, direction)),
            None,
        )

    def documents_of(self, filename: str) -> list[DocumentRow]:
        """The documents of a file that came in."""
        ids = {receipt.id for receipt in self.receipts if receipt.filename == filename}
        return [row for row in self.documents if row.receipt_id in ids]

    def transmission(self, row: DocumentRow) -> Transmission | None:
        return next((sent for sent in self.transmissions if sent.id == row.transmission_id), None)

    def arrived_whole(self, sent: Transmission) -> bool:
        """Whether the partner certainly has it: it fetched it, or its MDN proves it."""
        return sent.id in self.collected or any(
            message.transmission == sent.id and message.state is MessageState.CONFIRMED for message in self.messages
        )

    def answer(self, supplier: str, file: str) -> Mapping[str, Any] | None:
        """What a supplier was answered to a file, as the supplier says."""
        return next((word for word in self.words[supplier] if word["event"] == "answer" and word["file"] == file), None)


def gather(gateway: Gateway, cast: Sequence[Supplier]) -> Evidence:
    """Look at everything now."""
    with gateway.database.read() as session:
        documents = session.scalars(select(DocumentRow).order_by(DocumentRow.id)).all()
        receipts = session.scalars(select(Receipt).order_by(Receipt.id)).all()
        transmissions = session.scalars(select(Transmission).order_by(Transmission.id)).all()
        messages = session.scalars(select(Sending).order_by(Sending.id)).all()
        arrivals = session.scalars(
            select(Arrival).where(Arrival.kind == ArrivalKind.MESSAGE).order_by(Arrival.id)
        ).all()
        collected = session.scalars(
            select(JournalEntry.transmission_id).where(
                JournalEntry.step == Step.COLLECTED, JournalEntry.outcome == "downloaded"
            )
        ).all()
    out = gateway.home.erp / "out"
    return Evidence(
        documents=documents,
        receipts=receipts,
        transmissions=transmissions,
        collected=frozenset(filter(None, collected)),
        messages=messages,
        arrivals=arrivals,
        status=gateway.status(),
        erp_documents=[
            document for path in _json_files(out) for document in DOCUMENTS.validate_json(path.read_bytes())
        ],
        erp_statuses=[json.loads(path.read_bytes()) for path in _json_files(out / "status")],
        words={supplier.name: supplier.words for supplier in cast},
        failures={supplier.name: supplier.failure for supplier in cast if supplier.failure is not None},
        working=[supplier.name for supplier in cast if not supplier.ended],
    )


def _json_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))

"""Documents and files in every state there is, and the hands of an administrator."""

from collections.abc import Callable

from canonical.errors import Misconfigured
from gateway import inbound, outbound
from gateway.operations.instruction import Instruction, NotPossible
from spool.queue.port import Claim
from spool.worker import Effects, Handler
from tests.gateway.house import BAD_INVOICE, House, group, interchange, invoice, order, transaction_set, wrapped

BY = Instruction("anna", "The profile was wrong.")

BAD = BAD_INVOICE.format(number="INV1", order="4500123")


def failing(*kinds: str) -> Callable[[str, Handler], Handler]:
    """Work of these kinds fails for good."""

    def wrap(found: str, handler: Handler) -> Handler:
        def run(_claim: Claim) -> Effects:
            raise Misconfigured("The folder may not be written to.")

        return run if found in kinds else handler

    return wrap


def failing_for_now(*kinds: str) -> Callable[[str, Handler], Handler]:
    """Work of these kinds fails, and is to be tried again later."""

    def wrap(found: str, handler: Handler) -> Handler:
        def run(_claim: Claim) -> Effects:
            raise OSError("The ERP is away.")

        return run if found in kinds else handler

    return wrap


ALL_WELL = failing()


def refused(operation: Callable[[], object]) -> str | None:
    """Why something was not done; None when it was."""
    try:
        operation()
    except NotPossible as error:
        return error.message
    return None


def _invoice(house: House, wrap: Callable[[str, Handler], Handler] = ALL_WELL, data: bytes | None = None) -> str:
    house.receive("acme", "810.edi", data or wrapped("810", invoice()))
    house.work(wrap)
    return house.documents()[-1].id


def _pending(house: House) -> str:
    """Taken in, and waiting for the ERP to come back."""
    house.receive("acme", "810.edi", wrapped("810", invoice()))
    house.work(failing_for_now(inbound.DELIVER))
    return house.documents()[-1].id


def _duplicate(house: House) -> str:
    _invoice(house)
    return _invoice(house, data=wrapped("810", invoice(), 2))


def _refused_by_the_erp(house: House) -> str:
    document = _invoice(house)
    [path] = (house.gateway.home.erp / "out").glob("*.json")
    path.rename(f"{path}.error")
    house.gateway.delivery.collect()
    return document


INBOUND: dict[str, Callable[[House], str]] = {
    "pending": _pending,
    "delivered": _invoice,
    "rejected": lambda house: _invoice(house, data=wrapped("810", BAD)),
    "refused by the ERP": _refused_by_the_erp,
    "duplicate": _duplicate,
    "quarantined": lambda house: _invoice(house, data=wrapped("810", invoice(), usage="P")),
    "dead": lambda house: _invoice(house, failing(inbound.DELIVER)),
}
"""Inbound documents of one invoice, by state: each brings one about and gives its id."""


def _file(house: House, partner: str, data: bytes, wrap: Callable[[str, Handler], Handler] = ALL_WELL) -> str:
    receipt = house.receive(partner, "810.edi", data)
    house.work(wrap)
    return receipt


def _again(house: House) -> str:
    _file(house, "acme", wrapped("810", invoice()))
    return _file(house, "acme", wrapped("810", invoice()))


TWO = interchange(group(transaction_set("810", invoice("INV1")), transaction_set("810", BAD, "0002")))

FILES: dict[str, Callable[[House], str]] = {
    "pending": lambda house: house.receive("acme", "810.edi", wrapped("810", invoice())),
    "opened, all delivered": lambda house: _file(house, "acme", wrapped("810", invoice())),
    "opened, half rejected": lambda house: _file(house, "acme", TWO),
    "rejected": lambda house: _file(house, "acme", interchange(control=8)),
    "duplicate": _again,
    "quarantined": lambda house: _file(house, "acme", b"no EDI at all"),
    "of nobody": lambda house: _file(house, "nobody", wrapped("810", invoice())),
    "dead": lambda house: _file(house, "acme", wrapped("810", invoice()), failing(inbound.OPEN)),
}
"""Files, by state."""


def _order(house: House, wrap: Callable[[str, Handler], Handler] = ALL_WELL) -> str:
    house.place_order(order())
    house.gateway.delivery.pull()
    house.work(wrap)
    return house.documents("outbound", type="PurchaseOrder")[-1].id


def _answered(house: House, status: str) -> str:
    document = _order(house)
    body = f"AK1*PO*1\nAK2*850*0001\nAK5*{status}\nAK9*{status}*1*1*{int(status == 'A')}"
    house.take("acme", "997.edi", wrapped("997", body))
    return document


def _overdue(house: House) -> str:
    document = _order(house)
    house.later(hours=25)
    house.gateway.database.write(house.gateway.answers.overdue)
    return document


def _unsent(house: House) -> str:
    house.place_order(order())
    house.gateway.delivery.pull()
    return house.documents("outbound")[-1].id


OUTBOUND: dict[str, Callable[[House], str]] = {
    "not built": _unsent,
    "sent": _order,
    "accepted": lambda house: _answered(house, "A"),
    "rejected by the partner": lambda house: _answered(house, "R"),
    "overdue": _overdue,
    "not built for good": lambda house: _order(house, failing(outbound.BUILD)),
    "not sent for good": lambda house: _order(house, failing(outbound.TRANSMIT)),
}
"""Orders of ours, by where they stand."""

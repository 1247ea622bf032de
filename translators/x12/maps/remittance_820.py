"""820, payment order and remittance advice: what a payment is, and what it is for."""

from decimal import Decimal

from canonical.finding import Severity
from canonical.remittance import (
    BankAccount,
    RemittanceAdjustment,
    RemittanceAdvice,
    RemittanceGroup,
    RemittedItem,
)

from . import checks
from .code_tables import REFERENCES, ROLES
from .codes_payment import (
    ACCOUNT_KINDS,
    ADJUSTMENT_REASONS,
    BANK_SCHEMES,
    PAYMENT_ACTIONS,
    PAYMENT_DIRECTIONS,
    PAYMENT_FORMATS,
    PAYMENT_FUNCTIONS,
    PAYMENT_HANDLINGS,
    PAYMENT_METHODS,
)
from .findings import BusinessFault
from .forms import DAY, REAL, WHOLE, coded
from .loops import Each, Loop, Once, each
from .parts_item import Remarks, dates
from .parts_money import currency
from .parts_party import PARTIES, identifier, references
from .reading import Reading
from .records import Field, Fixed, Group, Record
from .set_map import SetMap


def _account(name: str, bank_scheme: int) -> Group:
    """A bank and an account there, in four elements that follow each other."""
    parts = (
        Field("bank_scheme", bank_scheme, coded(BANK_SCHEMES)),
        Field("bank", bank_scheme + 1),
        Field("kind", bank_scheme + 2, coded(ACCOUNT_KINDS)),
        Field("number", bank_scheme + 3),
    )
    return Group(name, BankAccount, parts)


_HEAD = Record(
    "BPR",
    RemittanceAdvice,
    Field("handling", 1, coded(PAYMENT_HANDLINGS)),
    Field("amount", 2, REAL),
    Field("direction", 3, coded(PAYMENT_DIRECTIONS)),
    Field("method", 4, coded(PAYMENT_METHODS)),
    Field("payment_format", 5, coded(PAYMENT_FORMATS)),
    _account("payer_account", 6),
    Field("originator", 10),
    Field("originator_supplement", 11),
    _account("payee_account", 12),
    Field("payment_date", 16, DAY),
    Field("business_function", 17, coded(PAYMENT_FUNCTIONS)),
    needed=("amount", "method"),
)

_TRACE = Record(
    "TRN",
    RemittanceAdvice,
    Field("number", 2),
    Field("trace_originator", 3),
    fixed=(Fixed(1, "1"),),
)

_ADJUSTMENTS = each(
    "adjustments",
    Record(
        "ADX",
        RemittanceAdjustment,
        Field("amount", 1, REAL),
        Field("reason", 2, coded(ADJUSTMENT_REASONS)),
        Field("kind", 3, coded(REFERENCES)),
        Field("number", 4),
        needed=("amount", "reason"),
    ),
    Remarks(),
    references(),
)

_ITEM = Record(
    "RMR",
    RemittedItem,
    Field("kind", 1, coded(REFERENCES)),
    Field("number", 2),
    Field("action", 3, coded(PAYMENT_ACTIONS)),
    Field("paid", 4, REAL),
    Field("gross", 5, REAL),
    Field("discount", 6, REAL),
    Field("adjustment_reason", 7, coded(ADJUSTMENT_REASONS)),
    Field("adjustment_amount", 8, REAL),
)

_ITEMS = Each("items", Loop(_ITEM, (Remarks(), references(), dates(), _ADJUSTMENTS), always=True))

_GROUP = Record(
    "ENT",
    RemittanceGroup,
    Field("number", 1, WHOLE),
    Field("role", 2, coded(ROLES)),
    identifier("identifier", 3),
    Field("reference_kind", 8, coded(REFERENCES)),
    Field("reference_number", 9),
)


def _total(advice: RemittanceAdvice, reading: Reading) -> None:
    """What is paid item by item, with the adjustments that belong to none, must be the payment (BPR02)."""
    paid = [item.paid for item in advice.items()]
    known = [amount for amount in paid if amount is not None]
    adjusted = [adjustment.amount for group in advice.groups for adjustment in group.adjustments]
    if len(known) < len(paid) or not (known or adjusted):
        return
    added = sum((*known, *adjusted), Decimal(0))
    if added == advice.amount:
        return
    off = advice.amount - added
    reading.remark(
        BusinessFault.REMITTANCE_TOTAL_DIFFERS,
        Severity.WARNING,
        f"BPR02 says {checks.plain(advice.amount)}, but what is paid (RMR04) and adjusted by itself (ADX01) adds up to "
        f"{checks.plain(added)}: {checks.plain(abs(off))} too {'much' if off > 0 else 'little'}. "
        "Check that no invoice or deduction was left out, and send a corrected advice.",
        field="amount",
    )


REMITTANCE_ADVICE = SetMap(
    set_id="820",
    document_type=RemittanceAdvice,
    head=_HEAD,
    children=(
        Remarks(),
        Once(_TRACE),
        currency(RemittanceAdvice, "PR"),
        references(),
        dates(),
        PARTIES,
        Each("groups", Loop(_GROUP, (_ADJUSTMENTS, _ITEMS), always=True)),
    ),
    checks=(_total,),
)

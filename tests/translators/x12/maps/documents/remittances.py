"""Payments and what they pay."""

from hypothesis import strategies as st

from canonical.remittance import (
    BankAccount,
    RemittanceAdjustment,
    RemittanceAdvice,
    RemittanceGroup,
    RemittedItem,
)
from translators.x12.maps import code_tables as tables
from translators.x12.maps import codes_payment as payment

from .parts import CENTS, DATE, DAYS, IDENTIFIER, PARTY, PLAIN_NOTES, REFERENCE, TEXT, WHOLES, given, maybe, some, word

ACCOUNT = st.builds(
    BankAccount,
    number=TEXT,
    **given(bank_scheme=word(payment.BANK_SCHEMES), bank=TEXT, kind=word(payment.ACCOUNT_KINDS)),
)
REMITTANCE_ADJUSTMENTS = some(
    st.builds(
        RemittanceAdjustment,
        amount=CENTS,
        reason=word(payment.ADJUSTMENT_REASONS),
        kind=maybe(word(tables.REFERENCES)),
        number=maybe(TEXT),
        references=some(REFERENCE, 1),
        notes=PLAIN_NOTES,
    )
)
REMITTANCE = st.builds(
    RemittanceAdvice,
    handling=word(payment.PAYMENT_HANDLINGS),
    amount=CENTS,
    direction=word(payment.PAYMENT_DIRECTIONS),
    method=word(payment.PAYMENT_METHODS),
    references=some(REFERENCE),
    dates=some(DATE),
    parties=some(PARTY),
    notes=PLAIN_NOTES,
    groups=some(
        st.builds(
            RemittanceGroup,
            adjustments=REMITTANCE_ADJUSTMENTS,
            items=some(
                st.builds(
                    RemittedItem,
                    references=some(REFERENCE),
                    dates=some(DATE),
                    notes=PLAIN_NOTES,
                    adjustments=REMITTANCE_ADJUSTMENTS,
                    **given(
                        kind=word(tables.REFERENCES),
                        number=TEXT,
                        action=word(payment.PAYMENT_ACTIONS),
                        paid=CENTS,
                        gross=CENTS,
                        discount=CENTS,
                        adjustment_reason=word(payment.ADJUSTMENT_REASONS),
                        adjustment_amount=CENTS,
                    ),
                )
            ),
            **given(
                number=WHOLES,
                role=word(tables.ROLES),
                identifier=IDENTIFIER,
                reference_kind=word(tables.REFERENCES),
                reference_number=TEXT,
            ),
        )
    ),
    **given(
        number=TEXT,
        payment_format=word(payment.PAYMENT_FORMATS),
        payment_date=DAYS,
        payer_account=ACCOUNT,
        payee_account=ACCOUNT,
        originator=TEXT,
        originator_supplement=TEXT,
        trace_originator=TEXT,
        business_function=word(payment.PAYMENT_FUNCTIONS),
        currency=st.just("USD"),
    ),
)

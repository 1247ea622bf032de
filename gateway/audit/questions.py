"""All the questions there are."""

from collections.abc import Mapping

from .agreements import CONFIGURATION, IN_FORCE
from .balance import BALANCE
from .consistency import CONSISTENCY
from .control_numbers import CONTROL_NUMBERS
from .invoices import INVOICES
from .question import Question
from .register import ACCESS, KEYS, OVERRIDES, READS, RESUBMITS, RETENTION, SERVICE
from .signatures import SIGNATURES
from .stamps import STAMPS
from .unanswered import UNANSWERED

QUESTIONS: Mapping[str, Question] = {
    question.name: question
    for question in (
        BALANCE,
        UNANSWERED,
        CONTROL_NUMBERS,
        INVOICES,
        SIGNATURES,
        IN_FORCE,
        CONFIGURATION,
        KEYS,
        RESUBMITS,
        OVERRIDES,
        ACCESS,
        READS,
        SERVICE,
        RETENTION,
        STAMPS,
        CONSISTENCY,
    )
}
"""By name, in the order in which an auditor would ask them."""

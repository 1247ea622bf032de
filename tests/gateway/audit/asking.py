"""Asking a house an auditor's questions."""

from typing import Any

from gateway.audit.desk import Reader, Way
from gateway.audit.export import records
from gateway.audit.question import Answer
from gateway.audit.questions import QUESTIONS
from tests.gateway.house import House

READER = Reader("ada", Way.COMMAND)


def asked(house: House, question: str, **scope: Any) -> Answer:
    return house.gateway.desk.answer(QUESTIONS[question], READER, **scope)


def told(house: House, question: str, *columns: str, **scope: Any) -> list[tuple[Any, ...]]:
    """These columns of each row."""
    return [tuple(row[column] for column in columns) for row in records(asked(house, question, **scope))]

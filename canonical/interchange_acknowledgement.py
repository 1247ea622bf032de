"""An answer about an envelope only: whether an interchange could be opened."""

import datetime
from typing import Literal

from .document import Document


class InterchangeAcknowledgement(Document):
    """X12 TA1. ``status`` is ``accepted``, ``accepted_with_errors`` or ``rejected``; ``note`` the standard's reason code."""

    type: Literal["InterchangeAcknowledgement"] = "InterchangeAcknowledgement"
    control_number: str
    interchange_date: datetime.date
    interchange_time: datetime.time
    status: Literal["accepted", "accepted_with_errors", "rejected"]
    note: str

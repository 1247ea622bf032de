"""824, the application advice: what the receiver's application says of documents that its translator had accepted."""

from canonical.application_advice import (
    ApplicationAdvice,
    ApplicationFault,
    ApplicationResult,
    FaultDetail,
    ReasonCode,
    ReasonCodes,
)

from .code_tables import PURPOSES, REFERENCES, TIMEZONES
from .codes_application import APPLICATION_FAULTS, APPLICATION_VERDICTS
from .forms import CLOCK, DAY, WHOLE, coded
from .loops import each
from .parts_item import Remarks, dates
from .parts_party import PARTIES, contacts, references
from .records import Choice, Field, Record
from .set_map import SetMap

_HEAD = Record(
    "BGN",
    ApplicationAdvice,
    Choice("purpose", 1, PURPOSES, other="other", fallback="ZZ"),
    Field("number", 2),
    Field("created_on", 3, DAY),
    Field("created_at", 4, CLOCK),
    Field("timezone", 5, coded(TIMEZONES)),
    Field("related_number", 6),
    Field("kind", 7),
    Field("action", 8),
    needed=("number", "created_on"),
)

_RESULT = Record(
    "OTI",
    ApplicationResult,
    Field("verdict", 1, coded(APPLICATION_VERDICTS)),
    Field("kind", 2, coded(REFERENCES)),
    Field("number", 3),
    Field("sender_code", 4),
    Field("receiver_code", 5),
    Field("sent_on", 6, DAY),
    Field("sent_at", 7, CLOCK),
    Field("group_control_number", 8),
    Field("set_control_number", 9),
    Field("set_type", 10),
    Field("version", 11),
    needed=("verdict", "kind", "number"),
)

_FAULT = Record(
    "TED",
    ApplicationFault,
    Field("code", 1, coded(APPLICATION_FAULTS)),
    Field("message", 2),
    Field("segment", 3),
    Field("position", 4, WHOLE),
    Field("element", 5, WHOLE),
    Field("reference_number", 6),
    Field("value", 7),
    Field("suggested", 8),
    needed=("code",),
)

_DETAIL = Record(
    "RED",
    FaultDetail,
    Field("text", 1),
    Field("agency", 3),
    Field("code_list", 5),
    Field("value", 6),
    needed=("text",),
)

_AGENCY = Record("LM", ReasonCodes, Field("agency", 1), needed=("agency",))

_CODE = Record("LQ", ReasonCode, Field("code_list", 1), Field("value", 2))

APPLICATION_ADVICE = SetMap(
    set_id="824",
    document_type=ApplicationAdvice,
    head=_HEAD,
    children=(
        PARTIES,
        each(
            "results",
            _RESULT,
            references(),
            dates(),
            contacts(),
            each("faults", _FAULT, Remarks(), each("details", _DETAIL)),
            each("reasons", _AGENCY, each("codes", _CODE)),
        ),
    ),
)

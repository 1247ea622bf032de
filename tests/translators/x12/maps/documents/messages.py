"""What people and applications tell: text messages and application advice."""

from hypothesis import strategies as st

from canonical.application_advice import (
    ApplicationAdvice,
    ApplicationFault,
    ApplicationResult,
    FaultDetail,
    ReasonCode,
    ReasonCodes,
)
from canonical.text_message import Message, TextLine, TextMessage
from translators.x12.maps import code_tables as tables
from translators.x12.maps import codes_application as application

from .parts import (
    CONTACT,
    DATE,
    DAYS,
    PARTY,
    PLAIN_NOTES,
    PURPOSE,
    REFERENCE,
    TEXT,
    TIMES,
    WHOLES,
    given,
    maybe,
    some,
    word,
)

TEXT_MESSAGE = st.builds(
    TextMessage,
    purpose=PURPOSE,
    subject=maybe(TEXT),
    dates=some(DATE),
    parties=some(PARTY),
    messages=st.lists(
        st.builds(
            Message,
            number=TEXT,
            title=maybe(TEXT),
            parties=some(PARTY, 1),
            lines=some(st.builds(TextLine, text=TEXT), 3),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
)


APPLICATION_ADVICE = st.builds(
    ApplicationAdvice,
    purpose=PURPOSE,
    number=TEXT,
    created_on=DAYS,
    parties=some(PARTY),
    results=some(
        st.builds(
            ApplicationResult,
            verdict=word(application.APPLICATION_VERDICTS),
            kind=word(tables.REFERENCES),
            number=TEXT,
            references=some(REFERENCE),
            dates=some(DATE),
            contacts=some(CONTACT),
            faults=some(
                st.builds(
                    ApplicationFault,
                    code=word(application.APPLICATION_FAULTS),
                    notes=PLAIN_NOTES,
                    details=some(st.builds(FaultDetail, text=TEXT, **given(agency=TEXT, code_list=TEXT, value=TEXT))),
                    **given(
                        message=TEXT,
                        segment=TEXT,
                        position=WHOLES,
                        element=WHOLES,
                        reference_number=TEXT,
                        value=TEXT,
                        suggested=TEXT,
                    ),
                )
            ),
            reasons=some(
                st.builds(
                    ReasonCodes,
                    agency=TEXT,
                    codes=some(st.builds(ReasonCode, code_list=TEXT, value=maybe(TEXT))),
                )
            ),
            **given(
                sender_code=TEXT,
                receiver_code=TEXT,
                sent_on=DAYS,
                sent_at=TIMES,
                group_control_number=TEXT,
                set_control_number=TEXT,
                set_type=TEXT,
                version=TEXT,
            ),
        )
    ),
    **given(created_at=TIMES, timezone=word(tables.TIMEZONES), related_number=TEXT, kind=TEXT, action=TEXT),
)

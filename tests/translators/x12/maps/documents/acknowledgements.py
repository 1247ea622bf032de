"""What a 997 or a 999 says."""

from hypothesis import strategies as st

from canonical.functional_acknowledgement import (
    AcknowledgementKind,
    ContextName,
    ElementFault,
    FaultContext,
    FunctionalAcknowledgement,
    SegmentFault,
    SetAcknowledgement,
    SyntaxStatus,
)

from .parts import COUNTS, TEXT, given, maybe, some

CONTEXTS = some(
    st.builds(
        FaultContext,
        names=some(st.builds(ContextName, name=TEXT, **given(value=TEXT)), 3).filter(bool),
        **given(
            segment=TEXT,
            position=COUNTS,
            loop=TEXT,
            element=COUNTS,
            component=COUNTS,
            repetition=COUNTS,
            reference_number=TEXT,
            component_reference_number=TEXT,
        ),
    )
)


def _functional(
    kind: AcknowledgementKind, contexts: st.SearchStrategy[tuple[FaultContext, ...]]
) -> st.SearchStrategy[FunctionalAcknowledgement]:
    """What a 997 or a 999 says; only a 999 has contexts."""
    element_fault = st.builds(
        ElementFault,
        position=st.integers(1, 30),
        code=TEXT,
        contexts=contexts,
        **given(component=COUNTS, repetition=COUNTS, reference_number=TEXT, value=TEXT),
    )
    segment_fault = st.builds(
        SegmentFault,
        segment=TEXT,
        position=COUNTS,
        contexts=contexts,
        elements=some(element_fault),
        **given(loop=TEXT, code=TEXT),
    )
    verdict = st.builds(
        SetAcknowledgement,
        set_type=TEXT,
        control_number=TEXT,
        guideline=maybe(TEXT),
        status=st.sampled_from(SyntaxStatus),
        codes=some(TEXT, 5),
        faults=some(segment_fault),
    )
    return st.builds(
        FunctionalAcknowledgement,
        kind=st.just(kind),
        functional_id=TEXT,
        group_control_number=TEXT,
        version=maybe(TEXT),
        status=st.sampled_from(SyntaxStatus),
        included=COUNTS,
        received=COUNTS,
        accepted=COUNTS,
        codes=some(TEXT, 5),
        sets=some(verdict),
    )


FUNCTIONAL_ACKNOWLEDGEMENT = _functional(AcknowledgementKind.FUNCTIONAL, st.just(()))
IMPLEMENTATION_ACKNOWLEDGEMENT = _functional(AcknowledgementKind.IMPLEMENTATION, CONTEXTS)

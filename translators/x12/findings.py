"""Every fault that the X12 engine can find, with what each one means and how much it weighs.

``error`` rejects the set, group or interchange it belongs to. ``warning`` is for what a gateway can live with: nothing is lost or
guessed. A set with warnings that X12 has a code for is accepted with errors (AK501 ``E``); other warnings are shown and no
more. Elements of the envelope outside their tables (a private ISA05 qualifier, a GS04 of six digits) are warnings: they do not
change which documents arrived, and partners have lived with them for decades. What makes it uncertain *which* documents arrived, or
whether all did (counts, control numbers, missing trailers), is an error.
"""

from enum import StrEnum

from canonical.finding import Finding, Severity

VALUE_LENGTH = 200
"""Characters of a bad value kept in a finding."""


class Code(StrEnum):
    """The stable names of findings. The sentence below each is its documentation."""

    NO_INTERCHANGE = "no-interchange"
    """The file has no ISA segment anywhere: it is no X12, or in an encoding that hides it (UTF-16, EBCDIC)."""
    UNREADABLE_ISA = "unreadable-isa"
    """Something begins like an ISA segment, but its delimiters cannot be found out; it is passed over up to the next ISA."""
    JUNK = "junk-outside-interchange"
    """Text that belongs to no interchange was passed over."""
    DATA_OUTSIDE = "data-outside-interchange"
    """X12 segments stand outside any interchange (no ISA before them), so nobody can be answered for them."""
    BYTE_ORDER_MARK = "byte-order-mark"
    """The file begins with a UTF-8 byte order mark, which X12 does not know. It was passed over."""
    SEGMENT_TOO_LONG = "segment-too-long"
    """A segment is longer than any real one: usually a terminator was lost. It was passed over."""
    UNTERMINATED_SEGMENT = "unterminated-segment"
    """The last segment has no terminator: the file may be cut off."""
    EMPTY_SEGMENT = "empty-segment"
    """Two segment terminators with nothing between them. Not counted as a segment. Told once an interchange."""
    WHITE_SPACE = "white-space-around-segments"
    """Segments are indented, or blanks stand before a terminator. It was taken off. Told once an interchange."""
    LINE_BREAKS = "line-breaks-between-segments"
    """CR or LF follow the segment terminators: common, harmless. Told once an interchange."""
    WRAPPED_LINES = "wrapped-lines"
    """Line breaks inside segments, as of a file cut into lines of 80 characters. They were taken out."""
    NON_ASCII = "non-ascii-text"
    """Characters beyond ASCII, read as UTF-8 where they are valid UTF-8 and as ISO 8859-1 otherwise. Told once an interchange."""

    ISA_WIDTH = "isa-not-fixed-width"
    """The ISA is not 106 characters with its elements at fixed places."""
    ISA_ELEMENTS = "isa-element-count"
    """The ISA has not 16 elements, so which is which is a guess."""
    ISA_VALUE = "isa-value"
    """An element of the ISA is outside its table or format. It did not prevent processing."""
    ISA_CONTROL_NUMBER = "isa-control-number"
    """ISA13 is missing or not a number: the interchange cannot be told from others."""
    EARLY_REPETITION = "repetition-separator-too-early"
    """ISA11 holds a separator although repetition exists only from version 00402 on. It has no effect."""
    MISSING_IEA = "missing-iea"
    """The interchange has no trailer: the file is cut off, or another ISA began."""
    IEA_CONTROL_NUMBER = "iea-control-number"
    """IEA02 is not the control number of ISA13."""
    IEA_COUNT = "iea-count"
    """IEA01 is not the number of groups found."""
    OUTSIDE_GROUP = "segment-outside-group"
    """A segment stands between groups, where only GS, TA1 and IEA may."""
    TRAILER_WITHOUT_HEADER = "trailer-without-header"
    """SE without ST, or GE without GS."""
    TA1_VALUE = "ta1-value"
    """A TA1 cannot be read as the answer to an interchange of ours."""

    SET_OUTSIDE_GROUP = "set-outside-group"
    """A transaction set without a GS before it: there is no group to acknowledge."""
    GS_VALUE = "gs-value"
    """An element of the GS is outside its table or format. It did not prevent processing."""
    GS_CONTROL_NUMBER = "gs-control-number"
    """GS06 is missing or not a number of one to nine digits."""
    GROUP_NOT_SUPPORTED = "group-not-supported"
    """No transaction set of this functional identifier (GS01) is supported."""
    VERSION_NOT_SUPPORTED = "version-not-supported"
    """There is no table for the version in GS08."""
    VERSION_BY_NEAREST = "version-by-nearest-table"
    """GS08 names a guideline (004010VICS) or a release without tables (004020); the tables of the version it is made of, or of the
    nearest release, were used."""
    SURPLUS_IN_ENVELOPE = "surplus-in-envelope"
    """GS, ST, TA1 or a trailer has more elements than the standard knows. Those that it knows were read."""
    MISSING_GE = "missing-ge"
    """The group has no trailer."""
    GE_CONTROL_NUMBER = "ge-control-number"
    """GE02 is not the control number of GS06."""
    GE_COUNT = "ge-count"
    """GE01 is not the number of transaction sets found."""
    GROUP_TOO_LARGE = "group-too-large"
    """The group has more transaction sets than can be answered. Those beyond the limit were counted only."""
    OUTSIDE_SET = "segment-outside-set"
    """A segment stands in a group but in no transaction set."""

    SET_NOT_SUPPORTED = "set-not-supported"
    """There is no table for the transaction set named in ST01."""
    SET_NOT_OF_GROUP = "set-not-of-group"
    """The transaction set does not belong into a group of this functional identifier."""
    SET_ID = "set-identifier"
    """ST01 is missing or no transaction set number."""
    SET_CONTROL_NUMBER = "set-control-number"
    """ST02 is missing or not four to nine characters."""
    SET_CONTROL_NUMBER_REPEATED = "set-control-number-repeated"
    """Two transaction sets of a group have the same control number, so an acknowledgement cannot tell them apart."""
    CONTROL_NUMBER_FORM = "control-number-form"
    """Header and trailer carry the same number, written differently."""
    MISSING_SE = "missing-se"
    """The transaction set has no trailer."""
    SE_CONTROL_NUMBER = "se-control-number"
    """SE02 is not the control number of ST02."""
    SE_COUNT = "se-count"
    """SE01 is not the number of segments found."""
    SET_TOO_LARGE = "set-too-large"
    """The transaction set has more segments than any real one. It was not read further."""
    TOO_MANY_FINDINGS = "too-many-findings"
    """There are more findings than are worth listing; the rest is not shown."""

    UNKNOWN_SEGMENT = "unknown-segment"
    """No segment of this name exists in the version."""
    SEGMENT_NOT_IN_SET = "segment-not-in-set"
    """The segment exists, but not in this transaction set."""
    UNEXPECTED_SEGMENT = "unexpected-segment"
    """The segment belongs to a loop that was not begun here."""
    SEGMENT_OUT_OF_ORDER = "segment-out-of-order"
    """The segment should have come earlier."""
    SEGMENT_OVER_MAXIMUM = "segment-over-maximum"
    """The segment is repeated more often than it may. Told once, at the first too many."""
    LOOP_OVER_MAXIMUM = "loop-over-maximum"
    """The loop is repeated more often than it may. Told once, at the first too many."""
    MISSING_SEGMENT = "missing-segment"
    """A mandatory segment, or the first segment of a mandatory loop, is missing."""
    SEGMENT_WITHOUT_DATA = "segment-without-data"
    """A segment has no elements at all."""

    MISSING_ELEMENT = "missing-element"
    """A mandatory element or component is missing."""
    CONDITIONAL_ELEMENT_MISSING = "conditional-element-missing"
    """An element is required because of others that are, or are not, there (relational notes P, R, C and L)."""
    EXCLUDED_ELEMENT = "excluded-element"
    """Two elements that exclude each other are both there (relational note E)."""
    TOO_MANY_ELEMENTS = "too-many-elements"
    """The segment has more elements, or the element more components, than the standard knows."""
    TOO_MANY_REPETITIONS = "too-many-repetitions"
    """An element repeats (ISA11 separates its occurrences) that may not, or more often than it may."""
    TOO_SHORT = "element-too-short"
    """Fewer characters, or digits of a number, than the element's minimum."""
    TOO_LONG = "element-too-long"
    """More characters, or digits of a number, than the element's maximum."""
    INVALID_CHARACTER = "invalid-character"
    """A character that the element's type does not allow: a letter in a number, a control character in text."""
    NOT_IN_ENCODING = "text-not-in-encoding"
    """Bytes that are no text in the encoding agreed with the partner (``x12.encoding``). The element cannot be read."""
    DELIMITER_IN_TEXT = "component-separator-in-text"
    """The text of a simple element contains the component separator. It was kept as it is."""
    REPETITION_IN_TEXT = "repetition-separator-in-text"
    """An element that may not repeat contains the repetition separator (ISA11) and is sound as one text. It was kept as it is."""
    INVALID_CODE = "invalid-code"
    """The value is not in the element's code list."""
    INVALID_DATE = "invalid-date"
    """No date of the calendar in the form CCYYMMDD (or YYMMDD)."""
    INVALID_TIME = "invalid-time"
    """No time of day in the form HHMM, HHMMSS or HHMMSSDD."""
    TRAILING_SEPARATORS = "trailing-separators"
    """Separators at the end of a segment with no data between them. Told once a transaction set."""

    PARTNER_RULE = "partner-rule"
    """Something that the standard allows and a rule of the partner's profile does not. It weighs what the rule says."""


_WARNINGS = frozenset(
    {
        Code.JUNK,
        Code.BYTE_ORDER_MARK,
        Code.UNTERMINATED_SEGMENT,
        Code.EMPTY_SEGMENT,
        Code.WHITE_SPACE,
        Code.WRAPPED_LINES,
        Code.ISA_WIDTH,
        Code.ISA_VALUE,
        Code.EARLY_REPETITION,
        Code.GS_VALUE,
        Code.SURPLUS_IN_ENVELOPE,
        Code.VERSION_BY_NEAREST,
        Code.SET_CONTROL_NUMBER_REPEATED,
        Code.CONTROL_NUMBER_FORM,
        Code.SEGMENT_WITHOUT_DATA,
        Code.DELIMITER_IN_TEXT,
        Code.REPETITION_IN_TEXT,
    }
)
_NOTES = frozenset({Code.LINE_BREAKS, Code.NON_ASCII, Code.TRAILING_SEPARATORS, Code.TOO_MANY_FINDINGS})


def severity(code: Code) -> Severity:
    """How much a finding weighs; the same wherever it occurs, but in the copy of bad data in a 997 (AK404)."""
    if code in _WARNINGS:
        return Severity.WARNING
    return Severity.NOTE if code in _NOTES else Severity.ERROR


def finding(
    code: Code,
    message: str,
    *,
    path: str = "",
    segment: str | None = None,
    segment_index: int | None = None,
    element: int | None = None,
    component: int | None = None,
    value: str | None = None,
    offset: int | None = None,
    ack_code: str | None = None,
) -> Finding:
    """A finding of ``code`` with its weight; an over-long ``value`` is cut."""
    return Finding(
        code=code.value,
        severity=severity(code),
        message=message,
        path=path,
        segment=segment,
        segment_index=segment_index,
        element=element,
        component=component,
        value=None if value is None else value[:VALUE_LENGTH],
        offset=offset,
        ack_code=ack_code,
    )

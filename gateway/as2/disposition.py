"""What became of a message: the Disposition field of an MDN, written and understood (RFC 4130, section 7.4.3; RFC 8098, section 3.2.6)."""

import re
from dataclasses import dataclass
from enum import StrEnum

MODE = "automatic-action/MDN-sent-automatically"

_MODE = re.compile(r"(?:automatic|manual)-action/MDN-sent-\w+;\s*", re.IGNORECASE)


def without_mode(text: str) -> str:
    """A Disposition field, or what quotes one, without what is the same in all of them: for people."""
    return _MODE.sub("", text)


class Reason(StrEnum):
    """Why a message was not processed, or what should be known of it although it was; the value is the standard's spelling."""

    AUTHENTICATION_FAILED = "authentication-failed"
    DECOMPRESSION_FAILED = "decompression-failed"
    DECRYPTION_FAILED = "decryption-failed"
    INSUFFICIENT_MESSAGE_SECURITY = "insufficient-message-security"
    INTEGRITY_CHECK_FAILED = "integrity-check-failed"
    UNEXPECTED_PROCESSING_ERROR = "unexpected-processing-error"
    UNKNOWN_TRADING_PARTNER = "unknown-trading-partner"
    UNKNOWN_TRADING_RELATIONSHIP = "unknown-trading-relationship"
    DUPLICATE_FILENAME = "duplicate-filename"
    ILLEGAL_FILENAME = "illegal-filename"
    INVALID_MESSAGE_ID = "invalid-message-id"
    UNSUPPORTED_FORMAT = "unsupported format"
    UNSUPPORTED_MIC_ALGORITHMS = "unsupported MIC-algorithms"
    SENDER_EQUALS_RECEIVER = "sender-equals-receiver"
    DUPLICATE_DOCUMENT = "duplicate-document"


class Weight(StrEnum):
    """How much a modifier weighs. With a warning the message was processed all the same."""

    ERROR = "error"
    FAILURE = "failure"
    WARNING = "warning"


_OTHER_SPELLINGS = {
    "decompresion-failed": Reason.DECOMPRESSION_FAILED,
    "signed-message-required": Reason.INSUFFICIENT_MESSAGE_SECURITY,
    "unsupported mic-algorithm": Reason.UNSUPPORTED_MIC_ALGORITHMS,
    "unknown-partner": Reason.UNKNOWN_TRADING_PARTNER,
    "partner-not-found": Reason.UNKNOWN_TRADING_PARTNER,
    "as2-to/from-unknown": Reason.UNKNOWN_TRADING_PARTNER,
    "duplicate-message": Reason.DUPLICATE_DOCUMENT,
    "integrity-failed": Reason.INTEGRITY_CHECK_FAILED,
    "insufficient-security": Reason.INSUFFICIENT_MESSAGE_SECURITY,
}
"""How products write some reasons, in lower case with hyphens."""


def _comparable(text: str) -> str:
    return re.sub(r"[\s_-]+", "-", text.strip().lower())


_REASONS = {_comparable(reason): reason for reason in Reason} | {
    _comparable(spelling): reason for spelling, reason in _OTHER_SPELLINGS.items()
}

_FAILURES = {Reason.UNSUPPORTED_FORMAT, Reason.UNSUPPORTED_MIC_ALGORITHMS, Reason.SENDER_EQUALS_RECEIVER}
"""What is told as a failure of the whole request, not as an error in processing it (RFC 4130, section 7.5.2)."""

_DISPOSITION = re.compile(
    r"""\s*(?P<mode>[^;]*);\s*                     # automatic-action/MDN-sent-automatically
        (?P<type>[A-Za-z-]+)                       # processed, failed
        (?:\s*[/,]\s*(?P<modifiers>.*?))?\s*""",  # warning, error: decryption-failed
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

_WEIGHT = "error|failure|failed|warning"
_MODIFIER = re.compile(
    rf"(?:^\s*({_WEIGHT})\b\s*:?|[,/;]\s*({_WEIGHT})\s*(?::|(?=[,/;]|$|{'|'.join(map(re.escape, Reason))})))",
    re.IGNORECASE,
)
"""Where a modifier begins. The text of one may have commas of its own, and even the word error: "warning: old, error correction on"."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """The verdict on a message.

    ``failed`` is the type ``failed`` instead of ``processed``; ``weight`` is None where nothing is to be said; ``text`` is the modifier
    as written, ``reason`` what it means where it is one we know.
    """

    failed: bool = False
    weight: Weight | None = None
    text: str = ""

    @property
    def reason(self) -> Reason | None:
        return _REASONS.get(_comparable(self.text))

    @property
    def accepted(self) -> bool:
        """Whether the message counts as received: processed, with a warning at most."""
        return not self.failed and self.weight in {None, Weight.WARNING}

    @property
    def field(self) -> str:
        """The value of the Disposition field."""
        kind = "failed" if self.failed else "processed"
        if self.weight is None:
            return f"{MODE}; {kind}"
        return f"{MODE}; {kind}/{self.weight}" + (f": {self.text}" if self.text else "")


PROCESSED = Disposition()


def refused(reason: Reason) -> Disposition:
    """The verdict that says ``reason``: an error in processing, or for what no processing could help, a failure."""
    if reason in _FAILURES:
        return Disposition(failed=True, weight=Weight.FAILURE, text=reason)
    return Disposition(weight=Weight.ERROR, text=reason)


def warned(text: str) -> Disposition:
    """Processed, and something should be known, such as ``duplicate-document``."""
    return Disposition(weight=Weight.WARNING, text=text)


def read_disposition(text: str) -> Disposition | None:
    """The verdict in a Disposition field, in the spellings of the field: any case, with or without blanks and colons. Of several modifiers
    the gravest counts.

    None where it is none that a message over AS2 can get: an MDN for a person's mail says ``displayed`` or ``deleted``.
    """
    match = _DISPOSITION.fullmatch(text)
    if match is None:
        return None
    kind, written = match["type"].lower(), match["modifiers"]
    if kind not in {"processed", "failed"}:
        return None
    if written is None:
        return Disposition(kind == "failed")
    found = _heaviest(written)
    return None if found is None else Disposition(kind == "failed", *found)


def _heaviest(written: str) -> tuple[Weight, str] | None:
    """Of several modifiers (RFC 8098, section 3.2.6.3) the one that counts: an error among them is one, whatever stands before it.

    None where what is not known comes first, and no error after it.
    """
    begins = list(_MODIFIER.finditer(written))
    ends = [*(match.start() for match in begins), len(written)][1:]
    found = [
        (Weight((match[1] or match[2]).lower().replace("failed", "failure")), written[match.end() : end].strip())
        for match, end in zip(begins, ends, strict=True)
    ]
    grave = next((each for each in found if each[0] is not Weight.WARNING), None)
    if grave is not None or not begins or begins[0].start() > 0:
        return grave
    return found[0]

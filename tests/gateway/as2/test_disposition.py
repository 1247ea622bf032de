"""Dispositions in the spellings of the standard and of the field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.cms import failures
from gateway.as2.disposition import PROCESSED, Disposition, Reason, Weight, read_disposition, refused, warned
from gateway.as2.refusal import reason_of

MODE = "automatic-action/MDN-sent-automatically"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_understood_as_it_is_written(reason: Reason) -> None:
    written = refused(reason)
    read = read_disposition(written.field)
    assert read == written
    assert read is not None
    assert (read.reason, read.accepted) == (reason, False)


@pytest.mark.parametrize(
    ("disposition", "field"),
    [
        (PROCESSED, "processed"),
        (refused(Reason.DECRYPTION_FAILED), "processed/error: decryption-failed"),
        (refused(Reason.UNSUPPORTED_MIC_ALGORITHMS), "failed/failure: unsupported MIC-algorithms"),
        (refused(Reason.UNSUPPORTED_FORMAT), "failed/failure: unsupported format"),
        (refused(Reason.SENDER_EQUALS_RECEIVER), "failed/failure: sender-equals-receiver"),
        (warned("duplicate-document"), "processed/warning: duplicate-document"),
        (Disposition(weight=Weight.ERROR), "processed/error"),
    ],
)
def test_writing(disposition: Disposition, field: str) -> None:
    assert disposition.field == f"{MODE}; {field}"
    assert read_disposition(disposition.field) == disposition


@pytest.mark.parametrize(
    ("field", "accepted", "reason"),
    [
        (f"{MODE}; processed", True, None),
        ("Automatic-action/mdn-sent-automatically;processed", True, None),
        ("manual-action/MDN-sent-manually ;  PROCESSED  ", True, None),
        (f"{MODE}; processed/warning: duplicate-document", True, Reason.DUPLICATE_DOCUMENT),
        (f"{MODE}; processed/Warning: authentication-failed, processing continued", True, None),
        (f"{MODE}; processed/Error:authentication-failed", False, Reason.AUTHENTICATION_FAILED),
        (f"{MODE}; processed/Error: decompresion-failed", False, Reason.DECOMPRESSION_FAILED),
        (f"{MODE}; processed/error: Decryption Failed", False, Reason.DECRYPTION_FAILED),
        (f"{MODE}; processed/Error: signed-message-required", False, Reason.INSUFFICIENT_MESSAGE_SECURITY),
        (f"{MODE}; processed/error", False, None),
        (f"{MODE}; processed/error: the printer is on fire", False, None),
        (f"{MODE};failed/Failure: unsupported mic-algorithms", False, Reason.UNSUPPORTED_MIC_ALGORITHMS),
        (f"{MODE}; failed/failure: unsupported MIC-algorithm", False, Reason.UNSUPPORTED_MIC_ALGORITHMS),
        (f"{MODE}; failed/failed: unsupported format", False, Reason.UNSUPPORTED_FORMAT),
        (f"{MODE}; failed", False, None),
        (f"{MODE}; processed, error: integrity-check-failed", False, Reason.INTEGRITY_CHECK_FAILED),
        (f"{MODE}; processed/warning,error: integrity-check-failed", False, Reason.INTEGRITY_CHECK_FAILED),
        (
            f"{MODE}; processed / Warning: duplicate-document , ERROR : decryption-failed",
            False,
            Reason.DECRYPTION_FAILED,
        ),
        (f"{MODE}; processed/error: decryption-failed, warning: duplicate-document", False, Reason.DECRYPTION_FAILED),
        (f"{MODE}; processed/warning: duplicate-document, error", False, None),
        (f"{MODE}; processed/warning, failed: unsupported format", False, Reason.UNSUPPORTED_FORMAT),
        (f"{MODE}; processed/warning/error: authentication-failed", False, Reason.AUTHENTICATION_FAILED),
        (f"{MODE}; processed/warning; error: authentication-failed", False, Reason.AUTHENTICATION_FAILED),
        (f"{MODE}; processed/warning, error authentication-failed", False, Reason.AUTHENTICATION_FAILED),
        (f"{MODE}; processed/x-expired, error: decryption-failed", False, Reason.DECRYPTION_FAILED),
        (f"{MODE}; processed/warning, warning: duplicate-document", True, None),
        (f"{MODE}; processed/warning: duplicate-document, warning", True, Reason.DUPLICATE_DOCUMENT),
        (f"{MODE}; processed/warning: old line, error correction is on", True, None),
        (f"{MODE}; processed/error: as2-to/from-unknown", False, Reason.UNKNOWN_TRADING_PARTNER),
        (f"{MODE}; processed/warning: as2-to/from-unknown", True, Reason.UNKNOWN_TRADING_PARTNER),
    ],
)
def test_reading(field: str, accepted: bool, reason: Reason | None) -> None:
    read = read_disposition(field)
    assert read is not None
    assert (read.accepted, read.reason) == (accepted, reason)


@pytest.mark.parametrize(
    "field",
    [
        "",
        "processed",
        f"{MODE}; displayed",
        f"{MODE}; deleted",
        f"{MODE}; processedly",
        "; processed/",
        "x; processed/x",
        f"{MODE}; processed/x-expired, warning: duplicate-document",
        f"{MODE}; processed error: decryption-failed",
        f"{MODE}; dispatched/error",
    ],
)
def test_what_is_no_disposition_of_as2(field: str) -> None:
    assert read_disposition(field) is None


@given(
    st.lists(
        st.sampled_from(["warning", "warning: x, y", "error", "error: decryption-failed", "Failure: z"]), min_size=1
    )
)
def test_an_error_among_the_modifiers_is_one_wherever_it_stands(modifiers: list[str]) -> None:
    read = read_disposition(f"{MODE}; processed/{', '.join(modifiers)}")
    assert read is not None
    assert read.accepted == all(each.startswith("warning") for each in modifiers)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    read_disposition(text)
    read_disposition(f"{MODE}; processed/error: {text}")


@pytest.mark.parametrize("kind", failures.Refused.__subclasses__())
def test_each_way_to_refuse_an_object_of_cms_has_its_disposition(kind: type[failures.Refused]) -> None:
    assert refused(reason_of(kind("why"))).field.endswith(kind.disposition)

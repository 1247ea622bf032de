"""Nobody waits longer for DNS than was said, and what goes on behind that is bounded."""

import threading
from collections.abc import Sequence

import pytest

from gateway.senders.http import lookup
from gateway.senders.http.lookup import within


def test_what_is_found_and_what_cannot_be() -> None:
    assert within(60, lambda: ["192.0.2.7"]) == ["192.0.2.7"]
    for error in (OSError("no such host"), UnicodeError("label too long")):

        def failing(error: Exception = error) -> Sequence[str]:
            raise error

        with pytest.raises(type(error), match=str(error)):
            within(60, failing)


def test_a_resolver_that_keeps_silent_is_not_waited_for_and_takes_a_place_until_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookup, "_places", threading.BoundedSemaphore(1))
    answer, ended = threading.Event(), threading.Event()

    def silent() -> Sequence[str]:
        answer.wait()
        ended.set()
        return []

    with pytest.raises(TimeoutError, match="DNS gave no answer"):
        within(0.01, silent)
    with pytest.raises(TimeoutError, match="others are being looked up"):
        within(0.01, lambda: ["192.0.2.7"])
    answer.set()
    assert ended.wait(60)
    assert within(60, lambda: ["192.0.2.7"]) == ["192.0.2.7"]

"""Something that is done again and again while the gateway runs."""

import threading
from collections.abc import Callable

import structlog

from canonical.errors import TallyError

_log = structlog.get_logger(__name__)


class Periodic:
    """Calls ``action`` every ``seconds`` in a thread of its own, first at once. A failure is logged and tried again."""

    def __init__(self, name: str, seconds: float, action: Callable[[], object]) -> None:
        self._name = name
        self._seconds = seconds
        self._action = action
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the call under way, then end."""
        self._stopping.set()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            try:
                self._action()
            except TallyError as error:
                _log.warning("periodic work failed; trying again", work=self._name, error=error.message)
            except Exception as error:  # noqa: BLE001 - a loop's edge: the next round may work
                _log.error("periodic work failed; trying again", work=self._name, exc_info=error)
            if self._stopping.wait(self._seconds):
                return

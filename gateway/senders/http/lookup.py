"""Asking for the addresses of a host, in time: the system's resolver waits as long as its own settings say, which is nobody's agreement."""

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

AT_ONCE = 32
"""Look-ups under way. One that was not waited for goes on in its thread until the system gives up."""

_places = threading.BoundedSemaphore(AT_ONCE)


def within(seconds: float, look_up: Callable[[], Sequence[str]]) -> Sequence[str]:
    """What ``look_up`` finds. Raises what it raises for a host that cannot be found (OSError, UnicodeError), and TimeoutError."""
    if not _places.acquire(timeout=seconds):
        raise TimeoutError(f"{AT_ONCE} others are being looked up, and none was found in {seconds:.0f} s")
    found: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            found.put(look_up())
        except (OSError, UnicodeError) as error:
            found.put(error)
        finally:
            _places.release()

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        answer = found.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"DNS gave no answer in {seconds:.0f} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer

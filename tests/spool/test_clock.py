from datetime import UTC

from spool.clock import SystemClock


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC

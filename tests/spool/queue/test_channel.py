import pytest
from hypothesis import given
from hypothesis import strategies as st

from spool.queue.channel import Channel, channel_of

NAMES = st.none() | st.text("abc-:.", min_size=1)
CHANNELS = st.builds(Channel, st.integers(0, 9999), NAMES, NAMES)


@given(CHANNELS)
def test_a_key_says_the_channel(channel: Channel) -> None:
    assert channel_of(channel.key) == channel


@given(CHANNELS, CHANNELS)
def test_keys_sort_by_priority(one: Channel, other: Channel) -> None:
    if one.priority < other.priority:
        assert one.key < other.key


@pytest.mark.parametrize(
    ("priority", "endpoint", "partner"), [(-1, None, None), (10_000, None, None), (0, "", None), (0, None, "a|b")]
)
def test_what_makes_no_key_is_refused(priority: int, endpoint: str | None, partner: str | None) -> None:
    with pytest.raises(ValueError, match=r"a priority is|an endpoint or partner is"):
        Channel(priority, endpoint, partner)

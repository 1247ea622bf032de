"""Connections that wait."""

import httpcore
import pytest

from gateway.senders.http.pool import Connection, IdleConnections


class FakeHttp:
    """As much of a connection as the pool looks at."""

    def __init__(self, *, available: bool = True) -> None:
        self.available = available
        self.expired = False
        self.closed = False

    def is_available(self) -> bool:
        return self.available

    def has_expired(self) -> bool:
        return self.expired

    def is_closed(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def connection(key: str, *, available: bool = True) -> Connection:
    return Connection(key, FakeHttp(available=available), None)  # type: ignore[arg-type]


def http(connection: Connection) -> FakeHttp:
    fake: object = connection.http
    assert isinstance(fake, FakeHttp)
    return fake


@pytest.fixture
def pool() -> IdleConnections:
    return IdleConnections(total=3, per_key=2)


def test_the_last_used_for_a_key_comes_first_and_only_once(pool: IdleConnections) -> None:
    first, second, other = connection("a"), connection("a"), connection("b")
    for each in (first, second, other):
        pool.put(each)
    assert [pool.take("a") for _ in range(3)] == [second, first, None]
    assert pool.take("b") is other


def test_what_cannot_be_used_again_is_closed(pool: IdleConnections) -> None:
    broken = connection("a", available=False)
    pool.put(broken)
    assert http(broken).closed
    assert pool.take("a") is None


def test_what_expired_while_it_waited_is_closed(pool: IdleConnections) -> None:
    old, fresh = connection("a"), connection("b")
    pool.put(old)
    pool.put(fresh)
    http(old).expired = True
    assert pool.take("a") is None
    assert (http(old).closed, http(fresh).closed) == (True, False)


def test_the_longest_unused_goes_when_there_are_too_many(pool: IdleConnections) -> None:
    connections = [connection(key) for key in ("a", "b", "a", "a", "c", "c")]
    for each in connections:
        pool.put(each)
    assert [http(each).closed for each in connections] == [True, True, True, False, False, False]


def test_closing_closes_all(pool: IdleConnections) -> None:
    waiting = connection("a")
    pool.put(waiting)
    pool.close()
    assert http(waiting).closed


def test_a_connection_that_was_never_made_is_not_kept(pool: IdleConnections) -> None:
    class Nobody(httpcore.NetworkBackend):
        def connect_tcp(self, *args: object, **kwargs: object) -> httpcore.NetworkStream:
            raise httpcore.ConnectError

    failed = httpcore.HTTPConnection(httpcore.URL("http://localhost/").origin, network_backend=Nobody())
    with pytest.raises(httpcore.ConnectError):
        failed.request("GET", "http://localhost/")
    pool.put(Connection("a", failed, None))  # type: ignore[arg-type]
    assert pool.take("a") is None

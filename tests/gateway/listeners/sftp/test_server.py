"""Connections: how many, how long, how large."""

import io
import socket
import struct
import threading
from pathlib import Path

import paramiko
import pytest

from canonical.errors import Misconfigured
from gateway.listeners.sftp import SftpServer, load_host_key
from spool.blob_files import BlobFiles

from ..recording import RecordingGateway
from .conftest import Serve, Site
from .raw import NEW, close_raw, open_raw, refusal, write_raw


def stranger(site: Site) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", site.server.port), timeout=10)
    assert connection.recv(100).startswith(b"SSH-2.0-Tallystick\r\n")
    return connection


def ends(connection: socket.socket) -> bool:
    """Whether the server ends the connection (within the socket's time-out)."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-slow\r\n", b"SSH-2.0-never ends its line"])
def test_who_does_not_log_in_is_dropped_after_twenty_seconds(site: Site, said: bytes) -> None:
    with stranger(site) as connection:
        connection.sendall(said)
        site.time.now += 19
        connection.settimeout(0.1)
        assert not ends(connection)
        site.time.now += 2
        connection.settimeout(10)
        assert ends(connection)
    site.wait_for_connections()


def test_who_is_logged_in_stays_until_idle(site: Site) -> None:
    client = site.sftp()
    site.time.now += 500
    assert client.listdir("/inbox") == []
    site.time.now += 500
    assert client.listdir("/inbox") == []
    # The server notes the end of a request after answering it, so that one step of the clock may come too early.
    for _ in range(100):
        site.time.now += 601
        site.clients[0].join(0.1)
        if not site.clients[0].is_active():
            break
    assert not site.clients[0].is_active()
    site.wait_for_connections()


@pytest.mark.parametrize("length", [256 * 1024 + 16, 0x7FFFFFFC, 0xFFFFFFFC])
def test_an_oversize_packet_before_authentication_ends_the_connection(site: Site, length: int) -> None:
    with stranger(site) as connection:
        connection.sendall(b"SSH-2.0-bomb\r\n" + struct.pack(">I", length - length % 8 + 4) + bytes(4096))
        assert ends(connection)
    site.wait_for_connections()


def test_an_endless_greeting_ends_the_connection(site: Site) -> None:
    with stranger(site) as connection:
        try:
            for _ in range(100):
                connection.sendall(b"x" * 4096)
        except ConnectionError:
            pass
        assert ends(connection)
    site.wait_for_connections()


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", bytes(1000)])
def test_garbage_does_not_disturb_others(site: Site, garbage: bytes) -> None:
    client = site.sftp()
    with stranger(site) as connection:
        connection.sendall(garbage)
    client.putfo(io.BytesIO(b"ISA"), "/inbox/po.edi")
    assert site.gateway.contents == {"po.edi": b"ISA"}


def test_strangers_who_say_nothing_do_not_block_others(serve: Serve) -> None:
    with serve(connections_per_address=40) as site:
        silent = [stranger(site) for _ in range(30)]
        site.sftp().putfo(io.BytesIO(b"ISA"), "/inbox/po.edi")
        assert site.gateway.contents == {"po.edi": b"ISA"}
        for connection in silent:
            connection.close()


@pytest.mark.parametrize("limit", ["connections", "connections_per_address"])
def test_too_many_connections_are_refused_until_others_end(serve: Serve, limit: str) -> None:
    with serve(**{limit: 2}) as site:
        first, second = stranger(site), stranger(site)
        with socket.create_connection(("127.0.0.1", site.server.port), timeout=10) as third:
            assert third.recv(100) == b""
        first.close()
        second.close()
        site.wait_for_connections()
        stranger(site).close()


def test_a_partner_with_too_many_sessions_is_refused_until_one_ends(serve: Serve) -> None:
    with serve(connections_per_partner=2) as site:
        site.sftp()
        site.sftp()
        with pytest.raises(paramiko.SSHException):
            site.sftp()
        site.sftp("bolt")
        for client in site.clients:
            client.close()
        site.wait_for_connections()
        assert site.sftp().listdir("/inbox") == []


def test_channels_of_one_connection_are_bounded_and_given_back(serve: Serve) -> None:
    with serve(channels_per_connection=2) as site:
        transport = site.login()
        for _ in range(3):
            channels = [transport.open_session(timeout=10) for _ in range(2)]
            with pytest.raises(paramiko.ChannelException):
                transport.open_session(timeout=10)
            for channel in channels:
                channel.invoke_subsystem("sftp")
                channel.close()
            site.wait_for_channels()


def test_only_sftp_is_granted_and_only_once_a_channel(site: Site) -> None:
    transport = site.login()
    for request in (
        lambda channel: channel.exec_command("id"),
        lambda channel: channel.invoke_shell(),
        lambda channel: channel.get_pty(),
        lambda channel: channel.invoke_subsystem("netconf"),
        lambda channel: [channel.invoke_subsystem("sftp") for _ in range(2)],
    ):
        with pytest.raises(paramiko.SSHException):
            request(transport.open_session(timeout=10))
    with pytest.raises(paramiko.SSHException):
        transport.request_port_forward("127.0.0.1", 0)
    with pytest.raises(paramiko.ChannelException):
        transport.open_channel("direct-tcpip", ("127.0.0.1", 1), ("127.0.0.1", 1), timeout=10)


def test_open_handles_of_a_session_are_bounded(serve: Serve) -> None:
    with serve(handles_per_connection=2) as site:
        client = site.sftp()
        first = open_raw(client, "/inbox/a", NEW)
        second = open_raw(client, "/inbox/b", NEW)
        assert "Too many files" in refusal(open_raw, client, "/inbox/c", NEW)
        assert "Too many files" in refusal(client.listdir, "/inbox")
        close_raw(client, first)
        close_raw(client, second)
        assert sorted(client.listdir("/inbox")) == ["a", "b"]


def test_hostile_requests_are_answered(site: Site) -> None:
    client = site.sftp()
    handle = open_raw(client, "/inbox/a", NEW)
    request = client._request  # type: ignore[attr-defined]
    attributes = paramiko.sftp.int64(0)
    for arguments in (
        (paramiko.sftp.CMD_EXTENDED, "check-file", handle, "md5", attributes, attributes, 0),
        (paramiko.sftp.CMD_EXTENDED, "hardlink@openssh.com", "/inbox/a", "/inbox/b"),
        (paramiko.sftp.CMD_SETSTAT, "/inbox/a", 0x80000000, 0xFFFFFFFF),
        (paramiko.sftp.CMD_OPEN, "/inbox/b", NEW, 0x80000000, 0xFFFFFFFF),
        (paramiko.sftp.CMD_FSETSTAT, b"none", 0),
        (paramiko.sftp.CMD_WRITE, b"none", attributes, b"x"),
        (paramiko.sftp.CMD_CLOSE, b"none"),
        (paramiko.sftp.CMD_WRITE, handle, paramiko.sftp.int64(2**63), b"x"),
        (99,),
    ):
        refusal(request, *arguments)
    assert client.listdir("/inbox") == ["a"]


def test_an_oversize_sftp_packet_ends_the_session(site: Site) -> None:
    channel = site.login().open_session(timeout=10)
    channel.settimeout(10)
    channel.invoke_subsystem("sftp")
    channel.sendall(struct.pack(">IBI", 5, 1, 3))
    assert channel.recv(4096)
    channel.sendall(struct.pack(">I", 0x00FFFFFF) + bytes(100))
    assert channel.recv(4096) == b""


def test_a_client_that_ignores_its_window_or_sends_to_nobody_is_ended_or_ignored(site: Site) -> None:
    client = site.sftp()
    transport = site.clients[0]
    channel = client.get_channel()
    assert channel is not None
    message = paramiko.Message()
    message.add_byte(bytes([paramiko.common.MSG_CHANNEL_EXTENDED_DATA]))
    message.add_int(channel.remote_chanid)
    message.add_int(1)
    message.add_string(bytes(30_000))
    for _ in range(10):
        transport._send_user_message(message)  # type: ignore[attr-defined]
    assert client.listdir("/inbox") == []
    held = threading.Event()

    def hold(_: object) -> None:
        held.wait(10)

    site.gateway.before_commit = hold
    handle = open_raw(client, "/inbox/a", NEW)
    client._async_request(held, paramiko.sftp.CMD_CLOSE, handle)  # type: ignore[attr-defined]
    flood = paramiko.Message()
    flood.add_byte(bytes([paramiko.common.MSG_CHANNEL_DATA]))
    flood.add_int(channel.remote_chanid)
    flood.add_string(bytes(30_000))
    try:
        for _ in range(1000):
            transport._send_user_message(flood)  # type: ignore[attr-defined]
    except (OSError, EOFError):
        pass
    transport.join(10)
    held.set()
    assert not transport.is_alive()
    site.wait_for_connections()


def test_stopping_ends_connections_and_keeps_no_half_file(serve: Serve) -> None:
    with serve() as site:
        client = site.sftp()
        write_raw(client, open_raw(client, "/inbox/a", NEW), 0, b"ISA")
        client.putfo(io.BytesIO(b"ISA"), "/inbox/b.tmp")
        silent = stranger(site)
        port = site.server.port
    with silent:
        assert ends(silent)
    assert site.gateway.taken == []
    assert site.staged() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)
    assert not [thread for thread in threading.enumerate() if "sftp" in thread.name]


def test_what_waits_behind_the_request_under_way_is_not_begun_once_we_end_the_connection(site: Site) -> None:
    """Nobody could be told that it was kept, so that its sender would send it again."""
    client = site.sftp()
    arrived = threading.Event()

    def end(_: object) -> None:
        assert arrived.wait(10)
        for session in site.server._live():
            session.close()

    site.gateway.before_commit = end
    handles = [open_raw(client, f"/inbox/{name}", NEW) for name in "abc"]
    for handle in handles:
        client._async_request(arrived, paramiko.sftp.CMD_CLOSE, handle)  # type: ignore[attr-defined]
    # One connection keeps the order: when this is answered, all of that is there.
    assert paramiko.SFTPClient.from_transport(site.clients[0]) is not None
    arrived.set()
    site.wait_for_connections()
    assert [arrival.filename for arrival in site.gateway.taken] == ["a"]


def server_on(root: Path, port: int) -> SftpServer:
    gateway = RecordingGateway(root / "blobs")
    return SftpServer(
        accounts=gateway,
        intake=gateway,
        received=gateway,
        collected=gateway,
        refused=lambda _remote, _why: None,
        blobs=BlobFiles(root / "blobs"),
        root=root / "sftp",
        staging=root / "staging",
        host_key=load_host_key(root),
        port=port,
    )


def test_a_port_in_use_is_explained(site: Site) -> None:
    with pytest.raises(Misconfigured, match=f"port {site.server.port}.*set sftp_port"):
        server_on(site.root, site.server.port).start()


def test_a_start_removes_what_a_crash_left(tmp_path: Path) -> None:
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "left").write_bytes(b"half")
    server = server_on(tmp_path, 0)
    server.start()
    server.stop()
    assert list((tmp_path / "staging").iterdir()) == []

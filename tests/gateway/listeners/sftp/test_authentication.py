"""Logging in."""

from collections.abc import Callable
from dataclasses import replace

import paramiko
import pytest

from gateway.listeners.sftp.authentication import holds_key

from .conftest import PASSWORD, Site

Attempt = Callable[[paramiko.Transport], object]


def key_of(site: Site) -> paramiko.PKey:
    return paramiko.Ed25519Key.from_private_key_file(str(site.key_file))


def test_the_right_password_and_the_right_key_come_in(site: Site) -> None:
    assert site.login().is_authenticated()
    transport = site.connect()
    transport.auth_publickey("acme", key_of(site))
    assert transport.is_authenticated()


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("acme", "wrong"),
        ("acme", ""),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("acme\0", PASSWORD),
        ("x" * 10_000, PASSWORD),
    ],
)
def test_wrong_passwords_and_unknown_users_stay_out(site: Site, username: str, password: str) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        site.login(username, password)


def test_an_unknown_key_and_a_key_of_another_stay_out(site: Site) -> None:
    for username in ("bolt", "nobody"):
        with pytest.raises(paramiko.AuthenticationException):
            site.connect().auth_publickey(username, key_of(site))
    site.gateway.accounts["acme"] = replace(site.gateway.accounts["acme"], public_keys=())
    with pytest.raises(paramiko.AuthenticationException):
        site.connect().auth_publickey("acme", key_of(site))


def test_a_key_without_its_signature_is_not_enough(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(site)
    monkeypatch.setattr(key, "sign_ssh_data", lambda data, algorithm=None: forged(key.get_name()))
    with pytest.raises(paramiko.AuthenticationException):
        site.connect().auth_publickey("acme", key)


def forged(name: str) -> paramiko.Message:
    message = paramiko.Message()
    message.add_string(name)
    message.add_string(bytes(64))
    return message


def test_a_suspended_account_is_gone_at_the_next_login(site: Site) -> None:
    assert site.login().is_authenticated()
    del site.gateway.accounts["acme"]
    with pytest.raises(paramiko.AuthenticationException):
        site.login()


def test_after_three_wrong_passwords_the_right_one_is_refused_too(site: Site) -> None:
    transport = site.connect()
    for password in ("a", "b", "c", PASSWORD):
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_password("acme", password)
    assert not transport.is_authenticated()


@pytest.mark.parametrize(
    ("attempt", "why"),
    [
        (lambda transport: transport.auth_password("acme", "wrong"), "a wrong password of acme over SFTP"),
        (
            lambda transport: transport.auth_publickey("acme", paramiko.ECDSAKey.generate()),
            "a wrong key of acme over SFTP",
        ),
        (lambda transport: transport.auth_password("nobody", PASSWORD), "an unknown user over SFTP"),
    ],
)
def test_who_ends_without_having_got_in_is_told_once(site: Site, attempt: Attempt, why: str) -> None:
    transport = site.connect()
    for _ in range(2):
        with pytest.raises(paramiko.AuthenticationException):
            attempt(transport)
    transport.close()
    site.wait_for_connections()
    assert site.refused == [("127.0.0.1", why)]


def test_who_gets_in_with_the_second_key_was_not_refused(site: Site) -> None:
    transport = site.connect()
    with pytest.raises(paramiko.AuthenticationException):
        transport.auth_publickey("acme", paramiko.ECDSAKey.generate())
    transport.auth_publickey("acme", key_of(site))
    transport.close()
    site.wait_for_connections()
    assert site.refused == []


def test_nobody_opens_anything_without_logging_in(site: Site) -> None:
    with pytest.raises(paramiko.SSHException):
        site.connect().open_session(timeout=10)


def test_which_authorized_keys_lines_count() -> None:
    key = paramiko.ECDSAKey.generate()
    line = f"{key.get_name()} {key.get_base64()}"
    assert holds_key(("# comment", "", "ssh-ed25519 !!!", f"{line} somebody@somewhere"), key)
    assert not holds_key((f'from="10.0.0.1" {line}',), key), "its restriction would be lost"
    assert not holds_key((f"ssh-unknown {key.get_base64()}",), key)
    assert not holds_key((), key)


def test_short_rsa_keys_are_refused() -> None:
    short, long = paramiko.RSAKey.generate(1024), paramiko.RSAKey.generate(2048)
    assert not holds_key((f"ssh-rsa {short.get_base64()}",), short)
    assert holds_key((f"ssh-rsa {long.get_base64()}",), long)

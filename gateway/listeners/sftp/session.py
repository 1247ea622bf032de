"""One connection and who is on it."""

import threading
from collections.abc import Callable

import paramiko
import structlog
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_RESOURCE_SHORTAGE,
    OPEN_SUCCEEDED,
)

from canonical.errors import TallyError

from ..passwords import Passwords
from ..port import SftpAccount, SftpAccounts
from ..quota import Quota
from .authentication import holds_key
from .limits import SftpLimits
from .protocol import SftpChannel
from .services import FileServices

_log = structlog.get_logger(__name__)


class Session(paramiko.ServerInterface):
    """Answers what SSH asks about a client: may it log in, may it open this. Only the SFTP subsystem is ever granted."""

    def __init__(
        self,
        remote: str,
        *,
        accounts: SftpAccounts,
        passwords: Passwords,
        services: FileServices,
        limits: SftpLimits,
        partners: Quota,
        monotonic: Callable[[], float],
        refused: Callable[[str, str], None],
    ) -> None:
        self.remote = remote
        self._accounts = accounts
        self._passwords = passwords
        self._services = services
        self._limits = limits
        self._partners = partners
        self._monotonic = monotonic
        self._refused = refused
        self._opened_at = self._active_at = monotonic()
        self._account: SftpAccount | None = None
        self._counted = False
        self._failures = 0
        self._why_refused: str | None = None
        self._transport: paramiko.Transport | None = None
        self._open: list[paramiko.Channel] = []
        self._channels: list[SftpChannel] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()

    def attach(self, transport: paramiko.Transport) -> None:
        self._transport = transport

    @property
    def transport(self) -> paramiko.Transport:
        assert self._transport is not None
        return self._transport

    def overdue(self) -> str | None:
        """Why the connection should be ended now, or None."""
        now = self._monotonic()
        if not self.transport.is_authenticated():
            return "not logged in" if now - self._opened_at > self._limits.login_seconds else None
        return "idle" if now - self._active_at > self._limits.idle_seconds else None

    @property
    def ending(self) -> bool:
        return self._ending.is_set()

    def close(self) -> None:
        """End the connection. The request under way is finished, and no other begun."""
        self._ending.set()
        self.transport.close()

    def join(self, seconds_left: Callable[[], float]) -> None:
        """Wait until its threads are through, or no seconds are left."""
        self.transport.join(seconds_left())
        with self._lock:
            channels = list(self._channels)
        for channel in channels:
            channel.join(seconds_left())

    def ended(self) -> None:
        """The connection is over: give back its place."""
        if self._counted and self._account is not None:
            self._partners.give_back(self._account.partner)
            self._counted = False
        if self._why_refused is not None and self._account is None:
            self._refused(self.remote, self._why_refused)

    # Owner of channels

    def touch(self) -> None:
        self._active_at = self._monotonic()

    def handles_left(self) -> int:
        with self._lock:
            return self._limits.handles_per_connection - sum(channel.handles for channel in self._channels)

    def channel_ended(self, channel: SftpChannel) -> None:
        with self._lock:
            if channel in self._channels:
                self._channels.remove(channel)

    # Logging in

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password" if self._failures < self._limits.password_attempts else "publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        if self._failures >= self._limits.password_attempts:
            return AUTH_FAILED
        account = self._find(username)
        if self._passwords.verify(account.password_hash if account else None, password) and account:
            return self._admit(account, "password")
        self._failures += 1
        self._why_refused = _why("password", account)
        _log.warning("sftp.login_failed", username=_shown(username), remote=self.remote, method="password")
        return AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        account = self._find(username)
        if account is not None and holds_key(account.public_keys, key):
            # Asked twice: may this key be used, and then with the signature, which paramiko verifies after this answer.
            return self._admit(account, "publickey")
        # Clients offer one key after the other; only one that ends without having got in was refused.
        self._why_refused = self._why_refused or _why("key", account)
        _log.info("sftp.key_refused", username=_shown(username), remote=self.remote, fingerprint=key.fingerprint)
        return AUTH_FAILED

    def _find(self, username: str) -> SftpAccount | None:
        try:
            return self._accounts.account(username)
        except TallyError as error:
            _log.error("sftp.accounts_unavailable", error=error.message)
            return None

    def _admit(self, account: SftpAccount, method: str) -> int:
        self._account = account
        _log.debug("sftp.login_accepted", username=account.username, remote=self.remote, method=method)
        self.touch()
        return AUTH_SUCCESSFUL

    # Channels

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if kind != "session":
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        if not self._count_partner():
            _log.warning("sftp.partner_busy", partner=self._account and self._account.partner, remote=self.remote)
            return OPEN_FAILED_RESOURCE_SHORTAGE
        if len(self._live_channels()) >= self._limits.channels_per_connection:
            return OPEN_FAILED_RESOURCE_SHORTAGE
        return OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        if name != "sftp" or self._account is None or channel in self._serving():
            return False
        handler = SftpChannel(channel, self, self, self._account, self.remote, self._services)
        with self._lock:
            self._channels.append(handler)
        _log.info("sftp.session", partner=self._account.partner, username=self._account.username, remote=self.remote)
        handler.start()
        return True

    def _count_partner(self) -> bool:
        """Count this connection for its partner, once; False when that has too many."""
        if not self._counted:
            self._counted = self._account is not None and self._partners.take(self._account.partner)
        return self._counted

    def _live_channels(self) -> list[paramiko.Channel]:
        # paramiko queues every channel for accept(); nobody else takes them from there, and they would stay for ever.
        while (channel := self.transport.accept(0.0)) is not None:
            self._open.append(channel)
        self._open = [channel for channel in self._open if not channel.closed]
        return self._open

    def _serving(self) -> list[paramiko.Channel | None]:
        with self._lock:
            return [handler.sock for handler in self._channels]


def _why(method: str, account: SftpAccount | None) -> str:
    return "an unknown user over SFTP" if account is None else f"a wrong {method} of {account.partner} over SFTP"


def _shown(username: str) -> str:
    """A name a stranger typed, short enough for a log; it may well be a password by mistake, so only its beginning."""
    return username[:32]

"""Where partners come in: SFTP, HTTP with AS2, watched folders; each with its place in the home and the settings it goes by."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from canonical.errors import Misconfigured
from partners import registry
from partners.registry import AppliedProfile
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.port import Database

from .audit.desk import Desk
from .exchange.exchange import Exchange
from .exchange.receiving import As2Receiver
from .exchange.refusals import STRANGERS, RefusalKind
from .exchange.restarting import Restarting
from .exchange.shelf import Shelf
from .front import Front
from .home import Home
from .inbound import Inbound
from .listeners.folder import FolderListener
from .listeners.http import Answer, ClientCertificates, Head, HttpLimits, HttpServer, ServerTls, plain
from .listeners.sftp.host_key import load_host_key
from .listeners.sftp.server import SftpServer
from .pacing import PacedIntake
from .periodic import Periodic
from .refused_logins import counted
from .settings import Settings
from .users.users import Users
from .web.bridge import Bridge
from .web.console import POSTED, SHOWN, console

AS2_NAMES_SECONDS = 5.0
"""How often it is looked whom the profiles name: a new partner may post that much later at the latest."""

REFUSALS_SECONDS = 5.0
"""How often it is written what was turned away meanwhile."""

RESTARTS_SECONDS = 300.0
"""How often transfers are let go of that broke off too long ago."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Those that were really bound."""

    sftp: int
    http: int


@dataclass(frozen=True, slots=True)
class Reception:
    """The listeners of one node."""

    home: Home
    settings: Settings
    database: Database
    blobs: BlobStore
    clock: Clock
    front: Front
    inbound: Inbound
    paced: PacedIntake
    exchange: Exchange
    desk: Desk
    users: Users

    @contextmanager
    def open(self, sftp_port: int | None = None, http_port: int | None = None) -> Iterator[Ports]:
        """Listen until the block ends; on the ports of the settings unless others are given."""
        with ExitStack() as stack:
            folder = self._folder()
            folder.start()
            stack.callback(folder.stop)
            refused = stack.enter_context(counted(self.database, self.clock))
            sftp = self._sftp(self.settings.sftp_port if sftp_port is None else sftp_port, refused.note)
            sftp.start()
            stack.callback(sftp.stop)
            http = stack.enter_context(self.http(self.settings.http_port if http_port is None else http_port))
            stack.enter_context(self.paced.until_the_end())
            yield Ports(sftp.port, http.port)

    def _sftp(self, port: int, refused: Callable[[str, str], None]) -> SftpServer:
        return SftpServer(
            accounts=self.front,
            intake=self.paced,
            received=self.front,
            collected=self.front,
            refused=refused,
            blobs=self.blobs,
            root=self.home.sftp,
            staging=self._own_folder("sftp"),
            host_key=load_host_key(self.home.keys),
            host=self.settings.host,
            port=port,
        )

    def _own_folder(self, name: str) -> Path:
        """A folder that is cleared at the start, and so must be this node's alone where nodes share a home."""
        return self.home.staging / (f"{name}-{self.settings.node_name}" if self.database.shared else name)

    @contextmanager
    def http(self, port: int) -> Iterator[HttpServer]:
        receiver = self.exchange.receiver(self.inbound)
        # The largest message there is, and room beside it.
        kept = 2 * self.settings.max_file_bytes
        restarting = Restarting(receiver, Shelf(self._own_folder("as2-restart"), self.clock, kept))
        restarting.shelf.open()
        looking = [
            Periodic("as2-names", AS2_NAMES_SECONDS, receiver.look_who_is_known),
            Periodic("as2-refusals", REFUSALS_SECONDS, receiver.refusals.write),
            Periodic("as2-restarts", RESTARTS_SECONDS, restarting.shelf.prune),
        ]
        tls = self._tls()
        staging = self._own_folder("http")
        with self._console(staging) as record:
            server = HttpServer(
                posts={"/as2": restarting, **({} if record is None else dict.fromkeys(POSTED, record))},
                gets={"/healthz": _alive, "/readyz": self._ready},
                asked={"/as2": restarting.shown, **({} if record is None else dict.fromkeys(SHOWN, record))},
                keepers={"/as2": restarting},
                staging=staging,
                host=self.settings.host,
                port=port,
                tls=tls,
                proxies=self.settings.http_proxies,
                limits=HttpLimits(body_bytes=self.settings.max_file_bytes),
                clock=self.clock,
                strange=partial(_note_strange, receiver),
            )
            if tls is not None:
                looking.append(Periodic("as2-client-certificates", AS2_NAMES_SECONDS, partial(self._renew_tls, server)))
            for each in looking:
                each.start()
            server.start()
            try:
                yield server
            finally:
                server.stop()
                for each in looking:
                    each.stop()
                receiver.close()

    @contextmanager
    def _console(self, staging: Path) -> Iterator[Bridge | None]:
        """What shows the record; None where the settings say that nobody is to be shown it here."""
        if not self.settings.web:
            yield None
            return
        with console(self.database, self.clock, self.desk, self.users, staging) as bridge:
            yield bridge

    def _tls(self) -> ServerTls | None:
        """HTTPS, where the settings say so. Clients whose profiles name certificates are asked for them."""
        certificate, key = self.settings.http_certificate, self.settings.http_key
        if (certificate is None) != (key is None):
            raise Misconfigured("http_certificate and http_key go together: give both for HTTPS, or neither.")
        if certificate is None or key is None:
            return None
        sections = [applied.profile.as2 for applied in self._partners()]
        trusted = [shown for as2 in sections if as2 is not None for shown in as2.http.shown]
        clients = ClientCertificates.OPTIONAL if trusted else ClientCertificates.NONE
        return ServerTls(certificate, key, clients=clients, trusted=trusted)

    def _renew_tls(self, server: HttpServer) -> None:
        """Ask clients for the certificates that the profiles name by now."""
        tls = self._tls()
        if tls is not None and tls != server.tls:
            server.renew_tls(tls)

    def _ready(self, _head: Head) -> Answer:
        """Whether requests can be taken: the database answers."""
        self._partners()
        return plain(200, "ready")

    def _folder(self) -> FolderListener:
        return FolderListener(
            intake=self.inbound,
            blobs=self.blobs,
            root=self.home.drop,
            claimed=self.home.staging / "folder",
            partners=self.front.watched,
            scan_seconds=self.settings.folder_scan_seconds,
            settle_seconds=self.settings.folder_settle_seconds,
            max_file_bytes=self.settings.max_file_bytes,
            alone=lambda: self.database.alone("folders"),
        )

    def _partners(self) -> Sequence[AppliedProfile]:
        with self.database.read() as session:
            return registry.all(session)


def _note_strange(receiver: As2Receiver, address: str, why: str) -> None:
    """Nobody knows whose it is: it was turned away before it said a name."""
    receiver.refusals.note(STRANGERS, RefusalKind.LOGIN, remote=address, why=why)


def _alive(_head: Head) -> Answer:
    return plain(200, "alive")

"""Settings of one home: ``tally.toml``, overridden by ``TALLY_*`` in the environment."""

import json
import os
import socket
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from canonical.errors import Misconfigured

from .canonical_json import TYPES
from .retention.presets import PRESETS

TOML_NAME = "tally.toml"
DEFAULT_HOME = "tally-data"

DAY = 86_400
"""Seconds: whatever is done again and again is done daily at least."""
CENTURY = 36_500
"""Days."""
CENTURY_IN_YEARS = 100
MOST = 1_000_000
"""More than anything that is counted here can stand."""


class Role(StrEnum):
    """What a process does. Only nodes on one PostgreSQL database can share the work."""

    ALL = "all"
    LISTENER = "listener"
    """Receive and let collect; the work is left to others."""
    WORKER = "worker"
    """Work; nobody connects to it."""

    @property
    def listens(self) -> bool:
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        return self is not Role.LISTENER


class Settings(BaseSettings):
    """What an operator can set. Every setting has a default that is safe on one machine."""

    model_config = SettingsConfigDict(env_prefix="TALLY_", extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="Address that listeners bind to; loopback until told otherwise.")
    sftp_port: int = Field(2222, ge=0, le=65535, description="Port of the SFTP server; 0 takes a free one.")
    http_port: int = Field(
        8080, ge=0, le=65535, description="Port of the HTTP server, for AS2, the API and the pages; 0 takes a free one."
    )
    http_certificate: Path | None = Field(
        None,
        description="PEM file with the certificate of the HTTPS server and its chain; plain HTTP, behind a proxy, when not given.",
    )
    http_key: Path | None = Field(None, description="PEM file with the private key of that certificate.")
    http_client_certificate: Path | None = Field(
        None, description="PEM file with the certificate that we show to partners' HTTPS servers that ask for one."
    )
    http_client_key: Path | None = Field(None, description="PEM file with the private key of that certificate.")
    http_proxies: tuple[str, ...] = Field(
        (), description='Addresses of reverse proxies whose X-Forwarded-For is believed, e.g. ["10.0.0.5"].'
    )
    web: bool = Field(
        True,
        description="Whether the HTTP server also shows the record: the pages under /audit and the API under /api; AS2 alone when false.",
    )
    as2_id: str | None = Field(
        None,
        pattern=r"^[!#-~]([ -~]{0,126}[!-~])?$",
        description="Our AS2 name, as partners spell it in AS2-To; a profile may have another.",
    )
    as2_url: str | None = Field(
        None,
        pattern=r"^https?://[!-~]+$",
        description="The URL at which partners reach our AS2, e.g. https://as2.distributor.example/as2.",
    )
    database_url: str | None = Field(
        None,
        description="postgresql+psycopg://user:password@host/name for several nodes; the home's tally.db when not given.",
    )
    role: Role = Field(Role.ALL, description="What `tally serve` does: all, listener or worker.")
    node: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        description="Name of this node among those that share the database; the host's name when not given.",
    )
    workers: int = Field(2, ge=1, le=64, description="Threads that work on received files and deliveries.")
    folder_scan_seconds: float = Field(
        30.0, gt=0, le=DAY, description="How often watched folders are scanned for certain."
    )
    folder_settle_seconds: float = Field(
        2.0,
        gt=0,
        le=DAY,
        description="How long size and time of a file in a watched folder stand still before it is taken.",
    )
    erp_poll_seconds: float = Field(
        2.0, gt=0, le=DAY, description="How often the ERP is asked for orders and outcomes."
    )
    erp_at_once: int | None = Field(
        None,
        ge=1,
        le=MOST,
        description="How many documents are with the ERP at the same time; any number that workers come to when not given.",
    )
    erp_per_minute: int | None = Field(
        None,
        ge=1,
        le=MOST,
        description="How many documents and reports the ERP takes in a minute; any number when not given.",
    )
    max_file_bytes: int = Field(
        1 << 30, gt=0, le=1 << 50, description="The largest file taken from a watched folder, in bytes."
    )
    inbox_listing_days: int = Field(
        7, ge=1, le=CENTURY, description="How long an uploaded file stays listed in its inbox."
    )
    key_passphrase_file: Path | None = Field(
        None,
        description=(
            "A file with the passphrase of our private keys, its path absolute or from the home on; keys/passphrase, made with the first "
            "key, when not given. TALLY_KEY_PASSPHRASE in the environment wins over both."
        ),
    )
    ledger_origin: str | None = Field(
        None,
        pattern=r"^[!-*,-~]{1,200}$",
        description="What the ledger is called in its checkpoints, e.g. distributor.example/ledger; a random name when not given.",
    )
    ledger_key: str | None = Field(
        None,
        pattern=r"^pkcs11:[!-~]+$",
        description=(
            "Where the ledger's key is in a token, as an RFC 7512 URI: pkcs11:token=T;object=LABEL?module-path=LIBRARY&pin-source=FILE; "
            "`tally ledger rotate` hands over to it. A file among the home's keys when not given."
        ),
    )
    anchor_folder: Path | None = Field(
        None,
        description=(
            "A directory, better on another machine or in others' hands, into which a signed checkpoint of the ledger is laid every day; "
            "its path absolute or from the home on. None is when not given."
        ),
    )
    mdn_checkpoints: bool = Field(
        True,
        description="Whether our signed MDNs end with the ledger's last checkpoint, so that partners hold what cannot be changed any more.",
    )
    timestamp_url: str | None = Field(
        None,
        pattern=r"^https?://[!-~]+$",
        description="The URL of an authority that stamps the ledger's checkpoints with the time (RFC 3161); nobody when not given.",
    )
    timestamp_roots: Path | None = Field(
        None,
        description="PEM file with the root certificates that its stamps must lead to, its path absolute or from the home on.",
    )
    timestamp_policy: str | None = Field(
        None,
        pattern=r"^[0-2](\.[0-9]{1,20}){1,20}$",
        description="The object identifier of the policy that its stamps must be under; any when not given.",
    )
    keep_days: int | None = Field(
        None,
        ge=30,
        le=CENTURY,
        description=(
            "How many days everything is kept that came to its end: files, documents, their payloads and their trail; "
            "for ever when not given. What comes again after that is not known as a duplicate, except by its control number."
        ),
    )
    keep_work_days: int = Field(30, ge=1, le=CENTURY, description="How many days finished work items are kept.")
    country: str | None = Field(
        None,
        pattern=f"^({'|'.join(PRESETS)})$",
        description=(
            f"Where our books are kept: documents are kept at least as long as the law there asks, whatever keep_days says. One of "
            f"{', '.join(PRESETS)}; no law is looked at when not given, but that of partners whose profile has a country."
        ),
    )
    fiscal_year_ends: int = Field(
        12,
        ge=1,
        le=12,
        description="The month with whose last day our fiscal year ends, from which years of keeping count.",
    )
    keep_years: dict[str, Annotated[int, Field(ge=1, le=CENTURY_IN_YEARS)]] = Field(
        {},
        description=(
            "How many years from the end of the fiscal year we keep documents of a type at least, e.g. {Invoice=12}; never fewer than "
            "the law asks."
        ),
    )

    @field_validator("keep_years")
    @classmethod
    def _types_there_are(cls, years: dict[str, int]) -> dict[str, int]:
        if unknown := sorted(set(years) - set(TYPES)):
            raise ValueError(f"there is no type of document {unknown[0]}; there are {', '.join(TYPES)}")
        return years

    @property
    def node_name(self) -> str:
        """What this node is called."""
        return self.node or socket.gethostname()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return env_settings, init_settings


def load(home: Path) -> Settings:
    """The settings of a home.

    Raises :class:`canonical.errors.Misconfigured` that names the file and the key of what is wrong.
    """
    path = home / TOML_NAME
    values = _read_toml(path)
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        variable = f"TALLY_{key.upper()}"
        where = f"{variable} in the environment" if variable in map(str.upper, os.environ) else f"{path}: {key}"
        raise Misconfigured(f"{where}: {first['msg']}. `tally init` writes a commented example.") from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read as TOML: {error}.") from error


def example_toml() -> str:
    """A ``tally.toml`` with every setting, commented out at its default."""
    lines = ["# Settings of this Tallystick home. Each can also be given as TALLY_NAME in the environment.", ""]
    for name, field in Settings.model_fields.items():
        default = field.default
        text = "..." if default is None else json.dumps(default)
        lines += [f"# {field.description}", f"# {name} = {text}", ""]
    return "\n".join(lines)

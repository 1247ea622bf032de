"""Names nobody used before, for messages and their parts."""

import secrets
from dataclasses import dataclass

from spool.identifiers import Identifiers


@dataclass(frozen=True, slots=True)
class FreshNames:
    """A :class:`gateway.as2.fresh.Fresh`. ``domain`` stands behind the @ of our Message-IDs."""

    identifiers: Identifiers
    domain: str

    def message_id(self) -> str:
        return f"{self.identifiers.new()}@{self.domain}"

    def boundary(self) -> str:
        return secrets.token_hex(16)

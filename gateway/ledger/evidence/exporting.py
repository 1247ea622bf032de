"""An evidence bundle written to a file, and verified before anybody gets it."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from canonical.errors import Misconfigured, TallyError
from spool.durability import sync_directory

from ..timestamp import Trusted
from . import bundle, commands, report
from .bundle import Evidence, Text
from .checking import check
from .verify import PROVED

TEXTS: Mapping[str, Text] = {report.NAME: report.page, commands.NAME: commands.text}
"""What a bundle has for people."""

_OWNER_ONLY = 0o600


class DoesNotVerify(TallyError):
    """A bundle that we made proves less than it must."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. ``trust`` is the key by which it verifies; ``claims`` is how many were proved."""

    path: Path
    size: int
    entries: int
    payloads: int
    claims: int
    trust: str


def export(evidence: Evidence, target: Path) -> Exported:
    """Write a bundle to ``target``, readable by its owner only, for payloads are in it.

    Raises Misconfigured where ``target`` exists or cannot be written, and DoesNotVerify where the home has not what it must.
    """
    if target.exists():
        raise Misconfigured(f"{target} exists and is left as it is. Name a file that does not exist.")
    temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        claims = _write(evidence, temporary)
        temporary.replace(target)
        sync_directory(target.parent)
    except OSError as error:
        raise Misconfigured(f"The bundle cannot be written to {target}: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return Exported(
        target, target.stat().st_size, len(evidence.entries), len(evidence.payloads), claims, str(evidence.key)
    )


def _write(evidence: Evidence, temporary: Path) -> int:
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _OWNER_ONLY)
    with os.fdopen(descriptor, "w+b") as file:
        bundle.write(evidence, TEXTS, file)
        file.flush()
        os.fsync(file.fileno())
        own = None if evidence.stamped is None else Trusted.read(evidence.stamped.roots)
        judged = check(file, evidence.key, authorities=own)
    if judged.failed:
        first = judged.failed[0]
        raise DoesNotVerify(
            f"The bundle would not verify, so it was not written: {first.text}: {first.why} `tally ledger verify` says what is wrong."
        )
    return sum(claim.verdict == PROVED for claim in judged.claims)

"""How the sections of a profile are checked that partners know nothing of."""

from collections.abc import Callable, Mapping
from typing import Any

from .exchange.terms import AS2_SECTION
from .partner_rules import TABLES_SECTION
from .unpacking.unpack import CSV_SECTION

PROFILE_SECTIONS: Mapping[str, Callable[[Any], Any]] = {**CSV_SECTION, **TABLES_SECTION, **AS2_SECTION}

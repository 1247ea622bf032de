"""Which control number was given last of each kind to each partner, as the journal tells."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from partners.control_numbers import HIGHEST, Kind
from spool.journal import Step

from ..journaling import SET_CONTROL

_Key: TypeAlias = tuple[str, Kind]

_TOLD = {Kind.INTERCHANGE: "interchange", Kind.GROUP: "group", Kind.SET: SET_CONTROL}
"""Under which keys of its detail an entry has the numbers under which something was built."""


class GivenNumbers:
    """``last`` is told; of what is ``untold`` an earlier version gave one after that and did not say which."""

    def __init__(self) -> None:
        self.last: dict[_Key, int] = {}
        self.untold: set[_Key] = set()
        self._partners: set[str] = set()

    def agree(self, partner: str) -> None:
        """It is in force from now on."""
        self._partners.add(partner)

    def take(self, step: Step, partner: str | None, detail: Mapping[str, Any]) -> None:
        """What an entry tells of numbers that were given, set or passed over."""
        if step is Step.RENUMBERED:
            self._note((partner or "", Kind(detail["kind"])), detail["next"] - 1)
        elif step is Step.RESTORED:
            self._pass_over(detail.get("skipped"))
        elif "interchange" in detail:
            for kind, key in _TOLD.items():
                if detail.get(key) is not None:
                    self._note((partner or "", kind), int(detail[key]))
                elif key not in detail:
                    self.untold.add((partner or "", kind))

    def _note(self, key: _Key, last: int) -> None:
        self.last[key] = last
        self.untold.discard(key)

    def _pass_over(self, count: int | None) -> None:
        """A home that is restored goes on behind the numbers that it may have given since the backup."""
        for key in {*self.last, *((partner, kind) for partner in self._partners for kind in Kind)}:
            if count is None:
                self.untold.add(key)
            elif key not in self.untold:
                last = self.last.get(key, 0)
                following = 1 if last >= HIGHEST else last + 1
                self.last[key] = (following + count - 1) % HIGHEST

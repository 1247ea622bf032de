"""Which control numbers were met before, in little memory where they follow each other."""

_DIGITS = 2
"""Digits at the end of a number that are a bit of what is kept for the number without them."""


class NumbersMet:
    """Numbers as texts: ``1`` and ``01`` are two, and what is no number is as good."""

    def __init__(self) -> None:
        self._hundreds: dict[str, int] = {}
        self._others: set[str] = set()

    def meet(self, number: str) -> bool:
        """Whether the number was met before; from now on it was."""
        ending = number[-_DIGITS:]
        if len(ending) < _DIGITS or not (ending.isascii() and ending.isdigit()):
            met = number in self._others
            self._others.add(number)
            return met
        hundred, bit = number[:-_DIGITS], 1 << int(ending)
        known = self._hundreds.get(hundred, 0)
        self._hundreds[hundred] = known | bit
        return bool(known & bit)

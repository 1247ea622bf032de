"""What is wrong with an encoding."""

from typing import Self


class Malformed(ValueError):
    """Bytes that are not the ASN.1 they should be. ``offset`` counts bytes from the beginning of what was read."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(f"{what} (at byte {offset})")
        self.what = what
        self.offset = offset

    def moved(self, by: int) -> Self:
        """The same, where what was read begins ``by`` bytes into something larger."""
        return type(self)(self.what, self.offset + by)


class Truncated(Malformed):
    """The bytes end within a value."""

"""What must be new each time, given from outside."""

from typing import Protocol


class Fresh(Protocol):
    """Makes names nobody used before."""

    def message_id(self) -> str:
        """A Message-ID without brackets, of printable ASCII."""
        ...

    def boundary(self) -> str:
        """A boundary of a multipart: letters and digits enough (RFC 2046 allows 70) that no content contains it."""
        ...

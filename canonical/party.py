"""Who takes part in a trade, where they are, and how to reach them."""

from .base import Value


class Identifier(Value):
    """A number or code of something, and the scheme that gives it meaning.

    ``scheme`` is one of our names (``duns``, ``gln``, ``assigned_by_buyer``, ...) or, where we have none, the code the
    document used.
    """

    scheme: str
    value: str


class Address(Value):
    """Where something is. An empty text among ``lines`` is a line that the source left blank."""

    lines: tuple[str, ...] = ()
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    location: Identifier | None = None


class Channel(Value):
    """A way to reach a contact: ``kind`` is ``telephone``, ``email``, ``fax``, ..."""

    kind: str
    value: str


class Contact(Value):
    """A person or office. ``function`` is what they are asked for: ``buyer``, ``delivery``, ``information``, ..."""

    function: str
    name: str | None = None
    channels: tuple[Channel, ...] = ()


class Reference(Value):
    """Another document or number this one refers to. ``kind`` is ``bill_of_lading``, ``vendor_order``, ``contract``, ..."""

    kind: str
    value: str | None = None
    description: str | None = None


class Party(Value):
    """A company or place in a role: ``buyer``, ``seller``, ``ship_to``, ``ship_from``, ``bill_to``, ``remit_to``, ..."""

    role: str
    name: str | None = None
    additional_names: tuple[str, ...] = ()
    identifier: Identifier | None = None
    address: Address | None = None
    contacts: tuple[Contact, ...] = ()
    references: tuple[Reference, ...] = ()

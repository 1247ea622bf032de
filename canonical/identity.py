"""Typed identifiers. They are strings at run time; the types keep one from being passed for another."""

from typing import NewType

PartnerId = NewType("PartnerId", str)
"""The short name of a trading partner: the stem of its profile's file, ``[a-z0-9][a-z0-9-]*``."""

ReceiptId = NewType("ReceiptId", str)
"""One arrival of one file. The same bytes arriving twice are two receipts."""

DocumentId = NewType("DocumentId", str)
"""One business document, either way: a transaction set, or a group of CSV rows."""

TransmissionId = NewType("TransmissionId", str)
"""One outbound interchange as it was built, once, with its control numbers and bytes."""

BlobDigest = NewType("BlobDigest", str)
"""Lower-case hexadecimal SHA-256 of a payload; the payload's name in the blob store."""

"""What entries must be to each other: numbered without gaps for each document and partner, each naming the one before. Pure."""

from .entry import NoEntry, base64, fields_of
from .tree import leaf_hash


class WrongEntry(Exception):
    """An entry is not what it must be; ``what`` says how, to be read behind its number."""

    def __init__(self, idx: int, what: str) -> None:
        super().__init__(f"entry {idx} {what}")
        self.idx = idx
        self.what = what


class Chain:
    """Takes entries in their order, from the first on."""

    def __init__(self) -> None:
        self.size = 0
        self.tenant = ""
        self.node = ""
        """That of the last entry."""
        self.subjects: dict[str, tuple[int, str, int]] = {}
        """By what entries are about: how many there are, the leaf hash of the last in base64, and its number."""
        self.partners: dict[str, int] = {}
        """By pseudonym, how many entries there are."""

    def take(self, body: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The leaf hash of the next entry, and its fields as :func:`.entry.fields_of` gives them. Raises WrongEntry."""
        idx = self.size
        try:
            fields = fields_of(body)
        except NoEntry as error:
            raise WrongEntry(idx, f"cannot be read: {error}") from error
        _, _, _, doc, dprev, dseq, node, _, partner, pseq, tenant, _, _ = fields
        leaf = leaf_hash(body)
        if doc or dseq != "0" or dprev:
            self._follow(idx, doc, int(dseq), dprev, leaf)
        if partner or pseq != "0":
            self._count(idx, partner, int(pseq))
        if tenant != self.tenant:
            self._belong(idx, tenant)
        self.node = node
        self.size += 1
        return leaf, fields

    def _follow(self, idx: int, doc: str, dseq: int, dprev: str, leaf: bytes) -> None:
        last, before, where = self.subjects.get(doc, (0, "", 0))
        if not doc or dseq != last + 1:
            raise WrongEntry(
                idx,
                f"is number {dseq} about {doc or 'nothing'}, of which {last} came before it: some are missing, or moved",
            )
        if dprev != before:
            raise WrongEntry(
                idx,
                f"does not name entry {where} as the one before it about {doc}: one of the two was changed",
            )
        self.subjects[doc] = dseq, base64(leaf), idx

    def _count(self, idx: int, partner: str, pseq: int) -> None:
        last = self.partners.get(partner, 0)
        if not partner or pseq != last + 1:
            raise WrongEntry(
                idx,
                f"is number {pseq} of partner {partner or '(none)'}, of which {last} came before it: some are missing, or moved",
            )
        self.partners[partner] = pseq

    def _belong(self, idx: int, tenant: str) -> None:
        if idx > 0:
            raise WrongEntry(idx, f"is of another ledger, {tenant}")
        self.tenant = tenant

"""What the suppliers have, how they pack, and what they write on cartons."""

from dataclasses import dataclass

COMPANY_PREFIX = "0614141"
"""A GS1 company prefix; this one is reserved for examples."""


@dataclass(frozen=True, slots=True)
class Product:
    """``in_stock`` pieces now; ``delay_days`` until they can leave; ``carton`` pieces go into one carton of ``pounds`` a piece."""

    description: str
    in_stock: int
    delay_days: int
    carton: int
    pounds: float


PRODUCTS = {
    "RM-88": Product("Hazel stick, notched, 30 cm", 2000, 0, 60, 0.2),
    "RM-31": Product("Notching knife, ash handle", 300, 7, 24, 0.4),
    "RM-07": Product("Beeswax, 250 g bar", 36, 0, 36, 0.6),
    "TH-410": Product("Hand saw, fine cut", 140, 0, 12, 1.5),
    "TH-655": Product("Bench vice, 100 mm", 60, 0, 4, 14.0),
}
"""By the suppliers' own part numbers."""


def cartons(pieces: int, product: Product) -> list[int]:
    """How many pieces go into each carton; the last may be less than full."""
    full, rest = divmod(pieces, product.carton)
    return [product.carton] * full + ([rest] if rest else [])


def sscc(serial: int) -> str:
    """A Serial Shipping Container Code: extension digit, company prefix, serial number and check digit, 18 in all."""
    body = f"0{COMPANY_PREFIX}{serial:09d}"
    return body + check_digit(body)


def check_digit(digits: str) -> str:
    """GS1 modulo 10: from the right the digits weigh 3, 1, 3, 1, ...; the check digit fills the sum up to a multiple of ten."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)

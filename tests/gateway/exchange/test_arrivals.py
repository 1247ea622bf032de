"""What is kept of what arrived."""

from gateway.as2.mime.headers import Headers
from gateway.exchange import arrivals


def test_fields_are_kept_as_they_came_but_for_passwords() -> None:
    came = Headers((("AS2-From", "ACME"), ("AUTHORIZATION", "Basic c2VjcmV0"), ("as2-from", "ACME")))
    kept = arrivals.read(arrivals.written(came))
    assert kept.pairs == (("AS2-From", "ACME"), ("AUTHORIZATION", arrivals.NOT_KEPT), ("as2-from", "ACME"))

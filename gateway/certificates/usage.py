"""What a certificate says it is for (RFC 5280, 4.2.1.3), against what it is used for here.

Many partners' certificates say it wrongly, having been made for their web server, and every product takes them. So it is a doubt that is
told, and nothing is refused for it.
"""

from collections.abc import Iterator

from cryptography import x509

from partners.certificates import Use


def doubts(certificate: x509.Certificate, use: Use) -> tuple[str, ...]:
    """Why a certificate may not be meant for ``use``, for whoever takes it in; nothing where it says nothing of its use."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    except ValueError:
        return ("Its extensions cannot be read, so that it does not show what it is for.",)
    return tuple(_doubts(usage, use))


def _doubts(usage: x509.KeyUsage, use: Use) -> Iterator[str]:
    if use.covers(Use.SIGN) and not (usage.digital_signature or usage.content_commitment):
        yield _told("signatures", "digitalSignature")
    if use.covers(Use.ENCRYPT) and not (usage.key_encipherment or usage.data_encipherment):
        yield _told("encryption", "keyEncipherment")


def _told(what: str, missing: str) -> str:
    return (
        f"By its key usage it is not for {what} ({missing} is missing). It is used for that all the same. Ask the partner whether it has "
        "another one for that; then --use says what each is for."
    )

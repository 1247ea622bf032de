"""What products do otherwise than the standards say.

What we read we take as it comes, always, where it can mean one thing only; nearly all of these say what we write.
"""

from dataclasses import dataclass

from .mime.writing import Folding


@dataclass(frozen=True, slots=True)
class Quirks:
    """Named switches, all off where a partner's product needs none.

    ``unfolded_headers``            every header field on one line, also in the parts (IIS does not read folded ones)
    ``tab_folded_boundary``         the boundary of a multipart on a line of its own that begins with a tab
    ``sync_mdn_repeats_content_type``  a synchronous MDN's body begins with its Content-Type again
    ``binary_signature``            the signature part as binary instead of base64
    ``mic_by_requested_algorithm``  the MIC we return is by the algorithm asked for, also where the message was signed by another
    ``cr_only_receipt_text``        lines of an MDN's text end in CR alone
    ``text_without_content_type``   the text of an MDN, and attachments beside others, have no Content-Type
    ``empty_receipt_delivery_option``  an MDN on the same connection is asked for by an empty Receipt-Delivery-Option
    ``without_algorithm_protection``  no CMSAlgorithmProtection among the signed attributes (RFC 6211)
    ``content_length_required``     the length of the body is announced, for peers that do not know chunks
    ``old_digest_names``            ``sha256`` instead of ``sha-256`` (RFC 3851 instead of RFC 5751)
    ``message_id_without_brackets`` the Message-ID without ``<`` and ``>`` around it
    ``recipient_by_key_id``         the recipient of an encrypted message is named by its subject key identifier
    ``gcm_in_enveloped_data``       AES-GCM inside EnvelopedData instead of AuthEnvelopedData
    ``receipt_without_remark``      a signed MDN's text says what became of the message and nothing else: no checkpoint of our ledger
    ``pss_without_parameters``      RSA-PSS signatures that do not say how they were made count: by their digest, with a mask of
                                    the same and any salt, which depends on the OpenSSL of pyas2lib (RFC 4056 demands parameters)
    """

    unfolded_headers: bool = False
    tab_folded_boundary: bool = False
    sync_mdn_repeats_content_type: bool = False
    binary_signature: bool = False
    mic_by_requested_algorithm: bool = False
    cr_only_receipt_text: bool = False
    text_without_content_type: bool = False
    empty_receipt_delivery_option: bool = False
    without_algorithm_protection: bool = False
    content_length_required: bool = False
    old_digest_names: bool = False
    message_id_without_brackets: bool = False
    recipient_by_key_id: bool = False
    gcm_in_enveloped_data: bool = False
    receipt_without_remark: bool = False
    pss_without_parameters: bool = False

    @property
    def folding(self) -> Folding:
        """How long fields of parts are broken into lines."""
        if self.unfolded_headers:
            return Folding.NONE
        return Folding.TAB_BEFORE_BOUNDARY if self.tab_folded_boundary else Folding.BLANK


STANDARD = Quirks()

PRESETS = {
    "standard": STANDARD,
    # OpenAS2 takes for encrypted only what says smime-type=enveloped-data, and opens it as EnvelopedData (its BCCryptoHelper, isEncrypted
    # and decrypt), so that AES-GCM must be in there.
    "openas2": Quirks(mic_by_requested_algorithm=True, unfolded_headers=True, gcm_in_enveloped_data=True),
    "mendelson": STANDARD,
    "biztalk": Quirks(
        unfolded_headers=True, without_algorithm_protection=True, content_length_required=True, old_digest_names=True
    ),
    "sterling": Quirks(without_algorithm_protection=True, old_digest_names=True),
    "cleo": Quirks(without_algorithm_protection=True),
    "amazon": Quirks(unfolded_headers=True, without_algorithm_protection=True),
    "seeburger": Quirks(unfolded_headers=True, without_algorithm_protection=True, content_length_required=True),
}
"""What a product's peers should be sent, by its name in a profile. A profile may switch single ones on or off beside it.

What is in none of them is there for single installations: no product of these is known to need it, and some are known not to take it.
``docs/howto/as2.md`` says what is known of each.
"""

"""Posting over HTTP to a partner: an AS2 message, an asynchronous MDN.

Read ``client`` first, then ``addresses`` (where we post to), ``network`` (to exactly there) and ``failures`` (what can come of it).
"""

from .addresses import AddressPolicy
from .answer import NOT_NOW, HttpAnswer, asked_wait, failure_of, in_words, told, web_page
from .client import BasicAuthentication, HttpClient, Terms
from .failures import Unanswered
from .network import Timeouts
from .tls import ClientCertificate, ClientTls

__all__ = [
    "NOT_NOW",
    "AddressPolicy",
    "BasicAuthentication",
    "ClientCertificate",
    "ClientTls",
    "HttpAnswer",
    "HttpClient",
    "Terms",
    "Timeouts",
    "Unanswered",
    "asked_wait",
    "failure_of",
    "in_words",
    "told",
    "web_page",
]

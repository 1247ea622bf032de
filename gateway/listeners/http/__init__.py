"""The HTTP server: partners post AS2 messages to it.

Read ``port`` first (what goes in and out), then ``server`` (connections), ``connection`` (one of them), ``wire`` (HTTP/1.x without sockets)
and ``head`` (what is refused).
"""

from .in_hand import InHand
from .limits import HttpLimits
from .port import Answer, Begun, Head, Peer, Request, Stored, busy, plain
from .server import HttpServer
from .site import nothing_to_be_seen
from .tls import ClientCertificates, ServerTls

__all__ = [
    "Answer",
    "Begun",
    "ClientCertificates",
    "Head",
    "HttpLimits",
    "HttpServer",
    "InHand",
    "Peer",
    "Request",
    "ServerTls",
    "Stored",
    "busy",
    "nothing_to_be_seen",
    "plain",
]

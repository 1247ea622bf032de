"""The SFTP server: partners upload into ``/inbox`` and collect from ``/outbox``.

Read ``server`` first (connections), then ``session`` (who is it), ``protocol`` (requests), ``files`` (what they see).
"""

from .host_key import load_host_key
from .limits import SftpLimits
from .server import SftpServer

__all__ = ["SftpLimits", "SftpServer", "load_host_key"]

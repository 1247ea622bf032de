"""What partners see of a file or folder."""

import stat

import paramiko

FOLDER_MODE = stat.S_IFDIR | 0o700
SENT_MODE = stat.S_IFREG | 0o200
WAITING_MODE = stat.S_IFREG | 0o400


def attributes(name: str, mode: int, size: int = 0, modified: float = 0.0) -> paramiko.SFTPAttributes:
    """``modified`` is in seconds since the epoch. Owner and group are always 0: they would tell of this machine."""
    found = paramiko.SFTPAttributes()
    found.filename = name
    found.st_mode = mode
    found.st_size = size
    found.st_uid = found.st_gid = 0
    found.st_atime = found.st_mtime = int(modified)
    return found

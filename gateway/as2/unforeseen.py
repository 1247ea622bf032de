"""What no reader of a message foresaw: a fault of ours, and no reason to lose the message, or to answer it otherwise than others."""

import traceback
from pathlib import Path

from ..printable import shortened

NOT_OF_THE_MESSAGE = (OSError, MemoryError)
"""What this machine lacks for the moment. The message is not to blame: it is not judged, and may come again."""

UNFORESEEN = "Reading it failed in a way that nobody foresaw"


def unforeseen(error: Exception) -> str:
    """What happened and where, as a sentence for the operator."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return (
        f"{UNFORESEEN}: {type(error).__name__}{place}: {shortened(str(error))}. "
        "That is a fault of this software: report it, with the bytes that were kept."
    )

"""What a supplier says while it works: one JSON object a line on standard output, for whoever watches."""

import json
import sys


def say(event: str, text: str, **facts: object) -> None:
    """``event`` is ``ready``, ``collected``, ``taken``, ``sent``, ``mdn``, ``answer`` or ``done``.

    ``text`` is for people, ``facts`` are for programs.
    """
    sys.stdout.write(json.dumps({"event": event, "text": text, **facts}) + "\n")
    sys.stdout.flush()

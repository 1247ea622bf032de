"""Structured logs to standard error. Payloads and secrets are never handed to a logger."""

import logging
import sys

import structlog


def configure(*, json_lines: bool, level: int = logging.INFO) -> None:
    """Send our events and the libraries' warnings to standard error, as JSON lines or for people."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Asked at each event: whoever replaces standard error afterwards gets what is logged from then on.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # paramiko logs every refused key exchange of every scanner as an error with a traceback.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)

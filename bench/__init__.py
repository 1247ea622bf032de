"""Claims about speed and size, each measured by a command beside a named yardstick: ``./tally bench NAME``."""

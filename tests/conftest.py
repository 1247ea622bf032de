"""Settings of all tests. Times are no verdict here: two workers share the machine, so hypothesis keeps no deadline."""

from hypothesis import settings

from . import scratch

settings.register_profile("tally", deadline=None, print_blob=True)
settings.load_profile("tally")
scratch.in_memory()

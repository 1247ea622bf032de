"""AS2 as it happens: messages that came and what they were answered, messages of ours and what proves that they arrived.

Read ``receiving`` and ``sending`` first. What is right and wrong in a message is decided in :mod:`gateway.as2`, which knows nothing of
databases and sockets; what travels is decided here.
"""

"""A supplier as it might be anywhere: it has an SFTP client and its own small programs, and knows nothing of the gateway's.

It runs as a process of its own, ``python -m gateway.demo.supplier``, and imports nothing of ours but this package.
"""

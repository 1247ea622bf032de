"""A supplier as it might be anywhere: it has an SFTP client or an AS2 station, its own small programs, and knows nothing of the gateway's.

It runs as a process of its own, ``python -m gateway.demo.supplier``, and imports nothing of ours but this package. Only ``as2_account``
does: it speaks AS2 by way of the core.
"""

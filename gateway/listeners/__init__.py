"""Sockets and folders through which files arrive: limits and durability, nothing else."""

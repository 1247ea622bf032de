"""What another validator, pyx12, says of the same file by the same tables, and where and why the two differ."""

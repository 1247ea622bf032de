"""One file a revision, made by ``python -m tools.new_migration``; never changed once released."""

"""What Alembic runs for each command. :mod:`spool.revisions` hands in the connection and the options; there is no alembic.ini."""

from alembic import context

context.configure(**context.config.attributes["context"])
context.run_migrations()

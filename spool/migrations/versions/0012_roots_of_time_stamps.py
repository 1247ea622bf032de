"""By which root certificates each time stamp was believed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ledger_timestamp", schema=None) as batch_op:
        batch_op.add_column(sa.Column("roots", sa.String(), nullable=True))

"""With which certificate of ours an MDN was signed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("as2_arrival", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mdn_signed_by", sa.String(), nullable=True))

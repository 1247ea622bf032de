"""What was turned away over AS2 is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "as2_refusals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remote", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_as2_refusals")),
        sa.UniqueConstraint("day", "partner", "kind", name=op.f("uq_as2_refusals_day_partner_kind")),
    )
    with op.batch_alter_table("as2_arrival", schema=None) as batch_op:
        batch_op.create_index(
            "ix_as2_arrival_unproven",
            ["partner", "id", "size"],
            unique=False,
            sqlite_where=sa.text("outcome NOT IN ('received', 'delivered', 'delivered-with-warning')"),
            postgresql_where=sa.text("outcome NOT IN ('received', 'delivered', 'delivered-with-warning')"),
        )

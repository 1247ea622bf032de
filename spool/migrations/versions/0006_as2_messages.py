"""AS2 messages."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "as2_arrival",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("partner", sa.String(), nullable=True),
        sa.Column("sender", sa.String(), nullable=True),
        sa.Column("recipient", sa.String(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("only_once", sa.String(), nullable=True),
        sa.Column("remote", sa.String(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("mic", sa.String(), nullable=True),
        sa.Column("signed_by", sa.String(), nullable=True),
        sa.Column("decrypted_with", sa.String(), nullable=True),
        sa.Column("mdn_headers", sa.JSON(), nullable=True),
        sa.Column("mdn_sha256", sa.String(), nullable=True),
        sa.Column("mdn_url", sa.String(), nullable=True),
        sa.Column("mdn_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sending", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_as2_arrival")),
        sa.UniqueConstraint("only_once", name=op.f("uq_as2_arrival_only_once")),
    )
    with op.batch_alter_table("as2_arrival", schema=None) as batch_op:
        batch_op.create_index("ix_as2_arrival_partner", ["partner", "id"], unique=False)
        batch_op.create_index("ix_as2_arrival_sending", ["sending"], unique=False)

    op.create_table(
        "as2_file",
        sa.Column("receipt_id", sa.String(), nullable=False),
        sa.Column("arrival", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_as2_file")),
    )
    with op.batch_alter_table("as2_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_as2_file_arrival"), ["arrival"], unique=False)

    op.create_table(
        "as2_sending",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("transmission", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mic", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("signed_receipt", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_as2_sending")),
        sa.UniqueConstraint("message_id", name=op.f("uq_as2_sending_message_id")),
    )
    with op.batch_alter_table("as2_sending", schema=None) as batch_op:
        batch_op.create_index("ix_as2_sending_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_as2_sending_transmission", ["transmission"], unique=False)

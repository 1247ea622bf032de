"""Channels, limits, circuits and history of the work queue."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WHOLE_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "allowance",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("used_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_allowance")),
    )
    op.create_table(
        "circuit",
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("failures", WHOLE_NUMBER, nullable=False),
        sa.Column("openings", WHOLE_NUMBER, nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("endpoint", name=op.f("pk_circuit")),
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_table(
        "failed_attempt",
        sa.Column("id", WHOLE_NUMBER, autoincrement=True, nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("attempt", WHOLE_NUMBER, nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["work_item.id"], name=op.f("fk_failed_attempt_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_attempt")),
    )
    with op.batch_alter_table("failed_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_failed_attempt_item_id", ["item_id"], unique=False)

    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("held_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("lost_owner", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("lost_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index(batch_op.f("ix_lane_next_at"), sqlite_where=sa.text("next_at IS NOT NULL"))
        batch_op.create_index(
            "ix_lane_due",
            ["channel", "next_at", "key"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_lane_held",
            ["key"],
            unique=False,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )

    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(), nullable=False, server_default="0500||"))
        batch_op.add_column(sa.Column("deadline", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("replay_reason", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_work_item_deadline",
            ["deadline"],
            unique=False,
            sqlite_where=sa.text("state = 'open' AND deadline IS NOT NULL"),
            postgresql_where=sa.text("state = 'open' AND deadline IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_work_item_ended",
            ["ended_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NOT NULL"),
        )

    # What is there is work of normal priority that says neither whom it is for nor what it talks to.
    op.execute(
        "UPDATE lane SET channel = '0500||', item_id = coalesce(item_id, (SELECT id FROM work_item "
        "WHERE work_item.lane = lane.key AND work_item.state = 'open' ORDER BY position LIMIT 1)) "
        "WHERE next_at IS NOT NULL"
    )
    op.execute("UPDATE lane SET held_since = next_at WHERE state = 'held'")

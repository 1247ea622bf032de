"""The ledger: what the journal told so far waits in its outbox, so that the ledger begins with the home's whole history."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_blob_salt",
        sa.Column("idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("idx", "role", name=op.f("pk_ledger_blob_salt")),
    )
    with op.batch_alter_table("ledger_blob_salt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_blob_salt_sha256"), ["sha256"], unique=False)

    op.create_table(
        "ledger_detail",
        sa.Column("idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("journal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_ledger_detail")),
        sa.UniqueConstraint("journal_id", name=op.f("uq_ledger_detail_journal_id")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_ledger_entry")),
    )
    op.create_table(
        "ledger_partner",
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("pseudonym", sa.String(length=16), nullable=False),
        sa.Column("pseq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("partner", name=op.f("pk_ledger_partner")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_ledger_partner_pseudonym")),
    )
    op.create_table(
        "ledger_state",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("tenant", sa.String(length=16), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_state")),
    )
    op.create_table(
        "ledger_subject",
        sa.Column("doc", sa.String(length=64), nullable=False),
        sa.Column("dseq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("doc", name=op.f("pk_ledger_subject")),
    )
    op.create_table(
        "ledger_tile",
        sa.Column("level", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "n", name=op.f("pk_ledger_tile")),
    )
    op.create_table(
        "ledger_outbox",
        sa.Column(
            "journal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("blobs", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["journal_id"], ["journal_entry.id"], name=op.f("fk_ledger_outbox_journal_id")),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_ledger_outbox")),
    )
    with op.batch_alter_table("as2_arrival", schema=None) as batch_op:
        batch_op.add_column(sa.Column("signed_sha256", sa.String(), nullable=True))
    op.execute("INSERT INTO ledger_outbox (journal_id) SELECT id FROM journal_entry")
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


_GUARDS = {
    # INSERT OR REPLACE fires no trigger for what it replaces, so that the one for insertion must ask for the next number.
    "sqlite": (
        "CREATE TRIGGER ledger_entry_appended BEFORE INSERT ON ledger_entry "
        "WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM ledger_entry) "
        "BEGIN SELECT RAISE(ABORT, 'ledger entries are only added, each behind the last one'); END",
        "CREATE TRIGGER ledger_entry_unchanged BEFORE UPDATE ON ledger_entry "
        "BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END",
        "CREATE TRIGGER ledger_entry_kept BEFORE DELETE ON ledger_entry "
        "BEGIN SELECT RAISE(ABORT, 'ledger entries are never removed'); END",
        "CREATE TRIGGER ledger_detail_unchanged BEFORE UPDATE ON ledger_detail "
        "BEGIN SELECT RAISE(ABORT, 'details of ledger entries are never changed'); END",
    ),
    "postgresql": (
        """
        CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME;
        END $$
        """,
        """
        CREATE FUNCTION ledger_append() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.idx IS DISTINCT FROM (SELECT coalesce(max(idx) + 1, 0) FROM ledger_entry) THEN
                RAISE EXCEPTION 'ledger entries are only added, each behind the last one';
            END IF;
            RETURN NEW;
        END $$
        """,
        "CREATE TRIGGER ledger_entry_appended BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_append()",
        "CREATE TRIGGER ledger_entry_unchanged BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
        "CREATE TRIGGER ledger_entry_kept BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
        "CREATE TRIGGER ledger_detail_unchanged BEFORE UPDATE ON ledger_detail FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    ),
}
"""What keeps the application's own role, and a slip of the hand, from changing entries. Whoever removes the triggers is found out by the
tree."""

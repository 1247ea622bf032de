"""What guards the ledger in the database: its tables are tables, and the triggers of migration 0007 are there, at work, and alone."""

from sqlalchemy import BindParameter, bindparam, text
from sqlalchemy.orm import Session

from spool.journal import JournalEntry, LedgerOutbox

from .tables import LedgerBlobSalt, LedgerDetail, LedgerEntry, LedgerPartner, LedgerState, LedgerSubject, LedgerTile

_TABLES = (
    JournalEntry.__tablename__,
    LedgerOutbox.__tablename__,
    LedgerEntry.__tablename__,
    LedgerDetail.__tablename__,
    LedgerBlobSalt.__tablename__,
    LedgerTile.__tablename__,
    LedgerState.__tablename__,
    LedgerSubject.__tablename__,
    LedgerPartner.__tablename__,
)

_REFUSE = "BEGIN RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME; END"

_TRIGGERS = {
    "sqlite": {
        "ledger_entry_appended": "CREATE TRIGGER ledger_entry_appended BEFORE INSERT ON ledger_entry "
        "WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM ledger_entry) "
        "BEGIN SELECT RAISE(ABORT, 'ledger entries are only added, each behind the last one'); END",
        "ledger_entry_unchanged": "CREATE TRIGGER ledger_entry_unchanged BEFORE UPDATE ON ledger_entry "
        "BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END",
        "ledger_entry_kept": "CREATE TRIGGER ledger_entry_kept BEFORE DELETE ON ledger_entry "
        "BEGIN SELECT RAISE(ABORT, 'ledger entries are never removed'); END",
        "ledger_detail_unchanged": "CREATE TRIGGER ledger_detail_unchanged BEFORE UPDATE ON ledger_detail "
        "BEGIN SELECT RAISE(ABORT, 'details of ledger entries are never changed'); END",
    },
    "postgresql": {
        "ledger_entry_appended": "ledger_entry, before INSERT, ROW: BEGIN "
        "IF NEW.idx IS DISTINCT FROM (SELECT coalesce(max(idx) + 1, 0) FROM ledger_entry) THEN "
        "RAISE EXCEPTION 'ledger entries are only added, each behind the last one'; END IF; RETURN NEW; END",
        "ledger_entry_unchanged": f"ledger_entry, before UPDATE DELETE, ROW: {_REFUSE}",
        "ledger_entry_kept": f"ledger_entry, before TRUNCATE, STATEMENT: {_REFUSE}",
        "ledger_detail_unchanged": f"ledger_detail, before UPDATE, ROW: {_REFUSE}",
    },
}
"""By name, what each does; on PostgreSQL in the words of :data:`_AT_WORK`."""

_ONE_OF: BindParameter[list[str]] = bindparam("tables", list(_TABLES), expanding=True)

_AT_WORK = {
    "sqlite": text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN :tables").bindparams(
        _ONE_OF
    ),
    # The bits of tgtype are those of PostgreSQL's catalog/pg_trigger.h. Columns and conditions that narrow a trigger are none of ours.
    "postgresql": text(
        "SELECT tgname, concat(relname, ', ', CASE WHEN tgtype & 2 > 0 THEN 'before' END, "
        "CASE WHEN tgtype & 4 > 0 THEN ' INSERT' END, CASE WHEN tgtype & 16 > 0 THEN ' UPDATE' END, "
        "CASE WHEN tgtype & 8 > 0 THEN ' DELETE' END, CASE WHEN tgtype & 32 > 0 THEN ' TRUNCATE' END, ', ', "
        "CASE WHEN tgtype & 1 > 0 THEN 'ROW' ELSE 'STATEMENT' END, CASE WHEN tgqual IS NOT NULL THEN ', when' END, "
        "CASE WHEN tgattr <> '' THEN ', of' END, ': ', prosrc) "
        "FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid "
        "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND pg_class.oid IN (SELECT to_regclass(name) FROM "
        "unnest(CAST(:tables AS text[])) AS name)"
    ).bindparams(tables=list(_TABLES)),
}

_REAL = {
    "sqlite": text("SELECT name FROM sqlite_master WHERE type = 'table' AND name IN :tables").bindparams(_ONE_OF),
    "postgresql": text(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relhasrules AND oid IN (SELECT to_regclass(name) FROM "
        "unnest(CAST(:tables AS text[])) AS name)"
    ).bindparams(tables=list(_TABLES)),
}


def first_missing(session: Session) -> str | None:
    """What is wrong with the guards, in words; None where they are as the migration made them."""
    dialect = session.get_bind().dialect.name
    real = set(session.scalars(_REAL[dialect]))
    for table in _TABLES:
        if table not in real:
            return f"{table} is no table of the database any more: something else was put in its place."
    found = {name: " ".join(does.split()) for name, does in session.execute(_AT_WORK[dialect])}
    for name, does in _TRIGGERS[dialect].items():
        if found.pop(name, None) != does:
            return f"The database's trigger {name}, which guards the ledger, was removed, changed or switched off."
    for name in sorted(found):
        return f"The database's trigger {name} is none of ours: somebody has it change what is told."
    return None

"""What somebody with the database's password may do, and what is then said. In each case the ledger had been signed before.

What is caught only by something that lies elsewhere is in :class:`TestWithAnAnchorElsewhere`.
"""

import re
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.ledger import read_anchor
from gateway.ledger.scanning import Anchor
from gateway.ledger.signer_state import STATE_NAME, NotSignable
from tests.spool.scene import KINDS

from .scene import Scene, scene

SIZE = 600
"""Two full tiles, and 88 entries behind them."""

Tamper = Callable[[Scene], None]

TAMPERING: dict[str, tuple[Tamper, str]] = {}
"""What is done, by its name, and what is said."""


def said(what: str) -> Callable[[Tamper], Tamper]:
    def noted(tamper: Tamper) -> Tamper:
        TAMPERING[tamper.__name__] = tamper, what
        return tamper

    return noted


# Entries


@said(r"Entry 5 is not the one that the tree was made of")
def an_entry_is_edited(scene: Scene) -> None:
    scene.edit(5, b'"outcome":"accepted"', b'"outcome":"rejected"')


@said(r"Entry 5\d\d does not name entry 550 as the one before it about document-4: one of the two was changed")
def an_entry_behind_the_last_tile_is_edited(scene: Scene) -> None:
    scene.edit(550, b'"node":"node"', b'"node":"ndoe"')


@said(r"Entry 599 is not the one that was last about document-4: it was changed")
def the_last_entry_is_edited(scene: Scene) -> None:
    scene.edit(599, b'"node":"node"', b'"node":"ndoe"')


@said(r"Entry 599 says otherwise than row 600 of the journal when, what or by whom")
def the_last_entry_is_dated_back(scene: Scene) -> None:
    scene.edit(599, b'"ts":"2026', b'"ts":"2025')


@said(r"Entry 5 is missing")
def an_entry_is_removed(scene: Scene) -> None:
    scene.sql("DELETE FROM ledger_entry WHERE idx = 5")


@said(r"Entry 5 is not the one that the tree was made of|Entry 5 has other details")
def an_entry_is_removed_and_the_others_renumbered(scene: Scene) -> None:
    scene.sql(
        "DELETE FROM ledger_entry WHERE idx = 5",
        "UPDATE ledger_entry SET idx = -idx WHERE idx > 5",
        "UPDATE ledger_entry SET idx = -idx - 1 WHERE idx < 0",
    )


@said(r"Entry 5 is number 1 about document-4, of which 1 came before it: some are missing, or moved")
def an_entry_is_inserted(scene: Scene) -> None:
    scene.sql(
        "UPDATE ledger_entry SET idx = -idx WHERE idx >= 5",
        "UPDATE ledger_entry SET idx = 1 - idx WHERE idx < 0",
    )
    scene.sql("INSERT INTO ledger_entry (idx, body) VALUES (5, :body)", body=scene.body(4))


@said(r"Entry 7 is not the one that the tree was made of")
def two_entries_change_places(scene: Scene) -> None:
    first, second = scene.body(7), scene.body(8)
    scene.put_body(7, second)
    scene.put_body(8, first)


@said(r"There are 85 entries about document-0, and there were 86\.")
def the_end_is_cut_off(scene: Scene) -> None:
    scene.sql("DELETE FROM ledger_entry WHERE idx >= 590", "DELETE FROM ledger_detail WHERE idx >= 590")


@said(r"Entry 600 has no details any more")
def an_entry_is_added_by_hand(scene: Scene) -> None:
    body = scene.body(599)
    dseq, pseq = re.findall(rb'"[dp]seq":(\d+)', body)
    body = body.replace(b'"dseq":' + dseq, b'"dseq":%d' % (int(dseq) + 1)).replace(
        b'"pseq":' + pseq, b'"pseq":%d' % (int(pseq) + 1)
    )
    leaf = b64encode(bytes(scene.ask("SELECT leaf FROM ledger_subject WHERE doc = 'document-4'")))
    body = re.sub(rb'"dprev":"[^"]*"', b'"dprev":"' + leaf + b'"', body)
    scene.sql("INSERT INTO ledger_entry (idx, body) VALUES (600, :body)", body=body)


@said(r"Entry 5 cannot be read: a key of .* stands there twice")
def a_key_stands_twice(scene: Scene) -> None:
    scene.edit(5, b'"pseq":', b'"pseq":1,"pseq":')


@said(r"Entry 5 cannot be read: '\\ud800' is half of a character")
def half_a_character_stands_in_an_entry(scene: Scene) -> None:
    scene.edit(5, b'"node":"node"', b'"node":"\\ud800"')


@said(r"Entry 5 cannot be read: it is not written in its one form")
def an_entry_is_written_in_another_form(scene: Scene) -> None:
    scene.edit(5, b',"v":1', b', "v":1')


# What is beside them


@said(r"Entry 5 has other details, or another salt, than those it commits to")
def details_are_edited(scene: Scene) -> None:
    scene.sql("UPDATE ledger_detail SET body = :body WHERE idx = 5", body=b'{"number":6}')


@said(r"Entry 5 has other details, or another salt, than those it commits to")
def a_salt_is_swapped(scene: Scene) -> None:
    scene.sql("UPDATE ledger_detail SET salt = :salt WHERE idx = 5", salt=bytes(32))


@said(r"Entry 5 has no details any more, and no erasure is recorded that covers it")
def details_are_removed(scene: Scene) -> None:
    scene.sql("DELETE FROM ledger_detail WHERE idx = 5")


@said(r"Entry 5 has no salt for its payload received any more, and no erasure is recorded that covers it")
def the_salt_of_a_payload_is_removed(scene: Scene) -> None:
    scene.sql("DELETE FROM ledger_blob_salt WHERE idx = 5")


@said(r"Entry 5 has another payload received, or another salt, than it commits to")
def the_salt_of_a_payload_is_swapped(scene: Scene) -> None:
    scene.sql("UPDATE ledger_blob_salt SET salt = :salt WHERE idx = 5", salt=bytes(32))


@said(r"Entry 5 misses its payload received \([0-9a-f]{64}\), and no erasure is recorded that covers it")
def a_payload_is_removed(scene: Scene) -> None:
    scene.sql("DELETE FROM blob WHERE sha256 = (SELECT sha256 FROM ledger_blob_salt WHERE idx = 5)")


@said(r"Entry 5 has a damaged payload received: Payload [0-9a-f]{64} is damaged")
def a_payload_is_changed(scene: Scene) -> None:
    scene.sql(
        "UPDATE blob SET data = :data WHERE sha256 = (SELECT sha256 FROM ledger_blob_salt WHERE idx = 5)", data=b"other"
    )


@said(r"Entry 5 has a payload received that is not the one that its details name")
def a_payload_is_swapped_for_another(scene: Scene) -> None:
    scene.sql("UPDATE ledger_blob_salt SET sha256 = (SELECT sha256 FROM ledger_blob_salt WHERE idx = 10) WHERE idx = 5")


@said(r"There are details of 600 entries, and only 599 entries have any")
def an_erasure_is_forged_that_no_entry_tells_of(scene: Scene) -> None:
    """Details behind the end, with a row of the journal that they are the same as, say that entry 5 may be without its own."""
    scene.sql(
        "INSERT INTO journal_entry (id, at, step, outcome, actor, detail) "
        "VALUES (900, '2026-03-01 12:00:00.000000', 'pruned', '', 'tallystick', '{\"erased\":{\"details\":[[5,5]]}}')",
        "DELETE FROM journal_entry WHERE id = 6",
        "DELETE FROM ledger_detail WHERE idx = 5",
        "DELETE FROM ledger_blob_salt WHERE idx = 5",
    )
    scene.sql(
        "INSERT INTO ledger_detail (idx, journal_id, salt, body) VALUES (900, 900, :salt, :body)",
        salt=bytes(32),
        body=b'{"actor":"tallystick","detail":{"erased":{"details":[[5,5]]}}}',
    )


@said(r"There are salts of 121 payloads, and the entries have 120")
def a_salt_is_added(scene: Scene) -> None:
    scene.sql("INSERT INTO ledger_blob_salt (idx, role, sha256, salt) VALUES (5, 'wire', 'ab', :salt)", salt=bytes(32))


# The journal


@said(r"Entry 5 tells something else than row 6 of the journal, which was changed")
def the_journal_is_edited(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET outcome = 'rejected' WHERE id = 6")


@said(r"Entry 5 says otherwise than row 6 of the journal when, what or by whom")
def the_journal_is_dated_back(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET at = '2025-03-01 12:00:00.000000' WHERE id = 6")


@said(r"Entry 5 tells of row 6 of the journal, which was removed, and no erasure is recorded")
def a_row_of_the_journal_is_removed(scene: Scene) -> None:
    scene.sql("DELETE FROM journal_entry WHERE id = 6")


@said(r"Row 601 of the journal was put there by somebody: the ledger was never told of it")
def a_row_is_added_to_the_journal(scene: Scene) -> None:
    scene.sql(
        "INSERT INTO journal_entry (at, step, outcome, partner, actor, detail) "
        "VALUES ('2026-03-01 12:00:00.000000', 'delivered', '', 'acme', 'tallystick', '{}')"
    )


# What waits

HELD = '[{"role":"received","sha256":"%s","size":1}]' % ("0" * 64)
"""A payload that there is not: who names it waits for ever."""


def waits(scene: Scene, step: str, detail: str, blobs: str) -> None:
    """Put a row into the journal that waits to be told of."""
    scene.sql(
        "INSERT INTO journal_entry (at, step, outcome, actor, detail) "
        "VALUES ('2026-03-01 12:00:00.000000', :step, '', 'tallystick', :detail)",
        "INSERT INTO ledger_outbox (journal_id, blobs) SELECT max(id), :blobs FROM journal_entry",
        step=step,
        detail=detail,
        blobs=blobs,
    )


@said(r"Entry 5 has no details any more, and no erasure is recorded that covers it")
def an_erasure_is_forged_that_waits_for_ever(scene: Scene) -> None:
    waits(scene, "pruned", '{"erased":{"details":[[5,5]]}}', HELD)
    scene.sql("DELETE FROM ledger_detail WHERE idx = 5", "DELETE FROM ledger_blob_salt WHERE idx = 5")


@said(r"Row 601 of the journal cannot be taken in: There is no payload 0{64}")
def a_row_is_added_that_waits_for_ever(scene: Scene) -> None:
    waits(scene, "delivered", "{}", HELD)


@said(r"Row 601 of the journal cannot be taken in: its payloads are not named in a form that can be read\.")
def a_row_is_added_that_names_payloads_in_no_form(scene: Scene) -> None:
    waits(scene, "delivered", "{}", '[{"of":"received"}]')


@said(r"Row 6 of the journal waits to be told of again: entry 5 tells of it")
def a_row_that_was_told_waits_again(scene: Scene) -> None:
    scene.sql("INSERT INTO ledger_outbox (journal_id) VALUES (6)")


# Erasures that are recorded as true ones are


def erase(scene: Scene, first: int, last: int) -> None:
    """Have the ledger take in that these entries lost their details, and remove these."""
    waits(scene, "pruned", f'{{"erased":{{"details":[[{first},{last}]]}}}}', "[]")
    scene.ledger.drain()
    scene.sql(
        f"DELETE FROM ledger_detail WHERE idx BETWEEN {first} AND {last}",
        f"DELETE FROM ledger_blob_salt WHERE idx BETWEEN {first} AND {last}",
    )


REWRITTEN = r"(Entry 601 tells|The ledger is to be told) of row 7 of the journal, of which an entry whose details were erased told before"


@said(REWRITTEN)
def a_row_is_rewritten_under_an_erasure_and_told_again(scene: Scene) -> None:
    erase(scene, 6, 6)
    scene.sql(
        "UPDATE journal_entry SET outcome = 'rejected' WHERE id = 7",
        "INSERT INTO ledger_outbox (journal_id) VALUES (7)",
    )
    scene.ledger.drain()


@said(REWRITTEN)
def a_row_is_rewritten_under_an_erasure_and_waits(scene: Scene) -> None:
    erase(scene, 6, 6)
    scene.sql(
        "UPDATE journal_entry SET outcome = 'rejected' WHERE id = 7",
        "INSERT INTO ledger_outbox (journal_id) VALUES (7)",
    )


@said(REWRITTEN)
def a_row_is_rewritten_among_others_that_were_erased(scene: Scene) -> None:
    """And a number is used up elsewhere, so that as many are missing as must be."""
    scene.sql("DELETE FROM journal_entry WHERE id BETWEEN 2 AND 12 AND id <> 7")
    erase(scene, 1, 11)
    scene.sql(
        "UPDATE journal_entry SET outcome = 'rejected' WHERE id = 7",
        "INSERT INTO ledger_outbox (journal_id) VALUES (7)",
    )
    scene.ledger.drain()
    waits(scene, "delivered", "{}", "[]")
    scene.sql("DELETE FROM ledger_outbox", "DELETE FROM journal_entry WHERE id = 602")


@said(r"Row 7 of the journal was put there by somebody")
def a_row_stays_that_an_erasure_covers(scene: Scene) -> None:
    erase(scene, 6, 6)


@said(r"Entry 9 has its details still, though entry 601 says that they were erased")
def an_erasure_is_forged_for_later(scene: Scene) -> None:
    scene.sql("DELETE FROM journal_entry WHERE id = 9")
    erase(scene, 8, 8)
    scene.sql("DELETE FROM ledger_outbox")
    waits(scene, "pruned", '{"erased":{"details":[[9,99]]}}', "[]")
    scene.ledger.drain()


@said(r"The journal numbered 602 rows, and the ledger was told of 601: the others were taken out of the journal before")
def a_row_is_removed_before_it_is_told(scene: Scene) -> None:
    scene.tell(2, begin=SIZE + 1)
    scene.sql("DELETE FROM ledger_outbox WHERE journal_id = 601", "DELETE FROM journal_entry WHERE id = 601")
    scene.ledger.drain()


# What reads the same, and is not stored as we do it

OTHERWISE = r"Entry 5 tells of row 6 of the journal, which is not stored as we store it"


@said(OTHERWISE)
def a_time_is_spelled_without_dashes(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET at = replace(substr(at, 1, 10), '-', '') || substr(at, 11) WHERE id = 6")


@said(OTHERWISE)
def a_time_is_given_a_zone(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET at = at || '+09:00' WHERE id = 6")


@said(OTHERWISE)
def a_time_is_none(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET at = 'yesterday' WHERE id = 6")


@said(OTHERWISE)
def a_time_is_of_a_day_that_there_is_not(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET at = '2026-02-30 12:00:00.000000' WHERE id = 6")


@said(OTHERWISE)
def a_time_is_of_a_year_that_there_is_not(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET at = '0000-03-01 12:00:00.000000' WHERE id = 6")


@said(OTHERWISE)
def a_time_is_for_ever_away(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET at = 'infinity' WHERE id = 6")


@said(OTHERWISE)
def a_step_is_none_of_ours(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET step = 'nonsense' WHERE id = 6")


@said(OTHERWISE)
def a_detail_is_no_json(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET detail = '{' WHERE id = 6")


@said(r"Entry 5 tells of row 6 of the journal, whose detail was written by somebody else")
def a_key_is_put_before_its_like(scene: Scene) -> None:
    """SQLite finds the first of two, and we the last."""
    detail = '{"number":777,"number":5,"weight":1.5}'
    scene.sql("UPDATE journal_entry SET detail = :detail WHERE id = 6", detail=detail)


@said(r"Entry 5 tells of row 6 of the journal, whose detail was written by somebody else")
def a_number_is_spelled_otherwise(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET detail = :detail WHERE id = 6", detail='{"number":5,"weight":1.50}')


@said(r"Entry 5 tells something else than row 6 of the journal, which was changed")
def nothing_becomes_an_empty_text(scene: Scene) -> None:
    scene.sql("UPDATE journal_entry SET transmission_id = '' WHERE id = 6")


@said(r"Entry 5 has a row in ledger_entry that is not stored as we store it")
def an_entry_is_stored_as_text(scene: Scene) -> None:
    scene.sql("UPDATE ledger_entry SET body = CAST(body AS TEXT) WHERE idx = 5")


@said(r"Entry 5 has a row in ledger_detail that is not stored as we store it")
def details_are_stored_as_text(scene: Scene) -> None:
    scene.sql("UPDATE ledger_detail SET body = CAST(body AS TEXT) WHERE idx = 5")


@said(r"The row 1, 0 of ledger_tile is not stored as we store it")
def a_tile_is_stored_as_a_number(scene: Scene) -> None:
    scene.sql("UPDATE ledger_tile SET data = 5 WHERE level = 1")


# The tree


@said(r"Entry 5 is not the one that the tree was made of")
def a_tile_is_edited(scene: Scene) -> None:
    data = bytearray(scene.ask("SELECT data FROM ledger_tile WHERE level = 0 AND n = 0"))
    data[5 * 32] ^= 1
    scene.sql("UPDATE ledger_tile SET data = :data WHERE level = 0 AND n = 0", data=bytes(data))


@said(r"Tile 1 of the tree, over entries 256 and on, is missing or cut short")
def a_tile_is_removed(scene: Scene) -> None:
    scene.sql("DELETE FROM ledger_tile WHERE level = 0 AND n = 1")


@said(r"Tile 0 of level 1 of the tree is not what the entries give")
def a_tile_above_is_edited(scene: Scene) -> None:
    scene.sql("UPDATE ledger_tile SET data = :data WHERE level = 1", data=bytes(64))


@said(r"There are 3 tiles over the entries, and there must be 2")
def a_tile_is_added(scene: Scene) -> None:
    scene.sql("INSERT INTO ledger_tile (level, n, data) VALUES (0, 2, :data)", data=bytes(32))


@said(r"The entries do not give the root that the ledger has")
def the_root_is_edited(scene: Scene) -> None:
    scene.sql("UPDATE ledger_state SET root = :root", root=bytes(32))


@said(r"The ledger says that it has 599 entries, and there are 600")
def the_size_is_edited(scene: Scene) -> None:
    scene.sql("UPDATE ledger_state SET size = 599")


@said(r"The pseudonym of acme is not the one that its entries have")
def a_pseudonym_is_edited(scene: Scene) -> None:
    scene.sql("UPDATE ledger_partner SET pseudonym = '0000000000000000' WHERE partner = 'acme'")


@said(r"There are 300 entries about partner acme, and there were 305\.")
def a_partner_is_counted_on(scene: Scene) -> None:
    scene.sql("UPDATE ledger_partner SET pseq = pseq + 5 WHERE partner = 'acme'")


@said(r"There are 0 entries about partner ghost, and there were 9\.")
def a_partner_is_added(scene: Scene) -> None:
    scene.sql("INSERT INTO ledger_partner (partner, pseudonym, pseq) VALUES ('ghost', '0123456789abcdef', 9)")


@said(r"The ledger says that it is 0123456789abcdef, and its entries are of [0-9a-f]{16}\.")
def the_home_is_renamed(scene: Scene) -> None:
    scene.sql("UPDATE ledger_state SET tenant = '0123456789abcdef'")


@said(r"The database's trigger ledger_entry_appended, which guards the ledger, was removed, changed or switched off")
def nothing_is_done_but_to_take_the_guards_away(_scene: Scene) -> None:
    pass


@said(r"ledger_entry is no table of the database any more")
def a_view_is_put_in_place_of_a_table(scene: Scene) -> None:
    scene.sql("ALTER TABLE ledger_entry RENAME TO aside", "CREATE VIEW ledger_entry AS SELECT idx, body FROM aside")


@said(r"There are entries about more documents than the ledger knows of")
def a_document_is_forgotten(scene: Scene) -> None:
    scene.sql("DELETE FROM ledger_subject WHERE doc = 'document-3'")


# All of it, made anew from a changed journal: nothing in the database contradicts anything else


@said(
    r"The first 600 entries are not those of the checkpoint that was signed last: some were changed, or removed and grown anew"
)
def everything_is_grown_anew_with_another_outcome(scene: Scene) -> None:
    scene.regrow("UPDATE journal_entry SET outcome = 'rejected' WHERE id = 6")


@said(r"The ledger has 590 entries, and the checkpoint that was signed last is of 600: it was cut short, or put back")
def everything_is_put_back_to_an_earlier_state(scene: Scene) -> None:
    scene.regrow(up_to=590)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed ledger on SQLite."""
    folder = tmp_path_factory.mktemp("untouched")
    with scene("sqlite", folder) as made:
        made.grown(SIZE)
        made.ledger.checkpoint()
    return folder


@pytest.fixture
def victim(untouched: Path, tmp_path: Path) -> Iterator[Scene]:
    shutil.copytree(untouched, tmp_path, dirs_exist_ok=True)
    with scene("sqlite", tmp_path, begun=True) as made:
        yield made


def test_untouched_it_holds(victim: Scene) -> None:
    found = victim.verify()
    assert found.holds
    assert (found.size, found.details, found.payloads, found.erased, found.waiting) == (SIZE, SIZE, SIZE // 5, 0, 0)
    assert found.anchors == ("the checkpoint that was signed last",)


@pytest.mark.parametrize("name", TAMPERING)
def test_what_was_done_is_said(victim: Scene, name: str) -> None:
    tamper, expected = TAMPERING[name]
    victim.unguard()
    tamper(victim)
    found = victim.verify()
    assert found.wrong is not None
    assert re.match(expected, found.wrong), found.wrong
    assert found.entry == (int(match[1]) if (match := re.match(r"Entry (\d+)", found.wrong)) else None)


@pytest.mark.parametrize(
    "name",
    [
        "an_entry_is_edited",
        "details_are_removed",
        "a_payload_is_removed",
        "the_journal_is_edited",
        "a_row_of_the_journal_is_removed",
        "an_erasure_is_forged_that_waits_for_ever",
        "a_row_is_added_that_waits_for_ever",
        "a_row_that_was_told_waits_again",
        "a_row_is_rewritten_under_an_erasure_and_told_again",
        "a_row_is_rewritten_among_others_that_were_erased",
        "a_partner_is_counted_on",
        "nothing_is_done_but_to_take_the_guards_away",
        "a_view_is_put_in_place_of_a_table",
        "a_time_is_for_ever_away",
        "a_step_is_none_of_ours",
        "a_key_is_put_before_its_like",
        "a_number_is_spelled_otherwise",
        "nothing_becomes_an_empty_text",
        "everything_is_grown_anew_with_another_outcome",
    ],
)
def test_the_same_is_said_on_postgresql(tmp_path: Path, name: str) -> None:
    tamper, expected = TAMPERING[name]
    with scene("postgresql", tmp_path) as victim:
        victim.grown(SIZE)
        victim.ledger.checkpoint()
        assert victim.verify().holds
        victim.unguard()
        tamper(victim)
        found = victim.verify()
    assert found.wrong is not None
    assert re.match(expected, found.wrong), found.wrong


@pytest.mark.parametrize("kind", KINDS)
def test_a_trigger_of_somebody_else_is_named(kind: str, tmp_path: Path) -> None:
    does = {"sqlite": "BEGIN SELECT 1; END", "postgresql": "EXECUTE FUNCTION ledger_refuse()"}[kind]
    with scene(kind, tmp_path) as made:
        made.grown(10)
        made.sql(f"CREATE TRIGGER theirs BEFORE DELETE ON ledger_outbox FOR EACH ROW {does}")
        found = made.verify()
    assert found.wrong == "The database's trigger theirs is none of ours: somebody has it change what is told."


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET body = body WHERE idx = 3",
        "UPDATE ledger_entry SET idx = 99 WHERE idx = 3",
        "DELETE FROM ledger_entry WHERE idx = 9",
        "DELETE FROM ledger_entry",
        "INSERT INTO ledger_entry (idx, body) SELECT 99, body FROM ledger_entry WHERE idx = 3",
        "INSERT INTO ledger_entry (idx, body) SELECT -1, body FROM ledger_entry WHERE idx = 3",
        "UPDATE ledger_detail SET body = body WHERE idx = 3",
        "sqlite: INSERT OR REPLACE INTO ledger_entry (idx, body) SELECT idx, body FROM ledger_entry WHERE idx = 3",
        "sqlite: REPLACE INTO ledger_entry (idx, body) SELECT 9, body FROM ledger_entry WHERE idx = 3",
        "postgresql: TRUNCATE ledger_entry",
        "postgresql: INSERT INTO ledger_entry (idx, body) SELECT idx, body FROM ledger_entry WHERE idx = 3 "
        "ON CONFLICT (idx) DO UPDATE SET body = excluded.body",
    ],
)
def test_our_own_role_is_refused(kind: str, statement: str, tmp_path: Path) -> None:
    only, _, rest = statement.rpartition(": ")
    if only not in ("", kind):
        return
    with scene(kind, tmp_path) as made:
        made.grown(10)
        with pytest.raises(DBAPIError, match=r"never changed|only added|never removed"):
            made.sql(rest)
        assert made.verify().holds


class TestTheSigner:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("everything_is_grown_anew_with_another_outcome", "no longer those that were signed"),
            ("everything_is_put_back_to_an_earlier_state", "cut short or put back"),
        ],
    )
    def test_signs_nothing_that_contradicts_what_it_signed(self, victim: Scene, name: str, words: str) -> None:
        victim.unguard()
        TAMPERING[name][0](victim)
        before = (victim.ledger.keys / STATE_NAME).read_bytes()
        with pytest.raises(NotSignable, match=words):
            victim.ledger.checkpoint()
        assert (victim.ledger.keys / STATE_NAME).read_bytes() == before

    def test_signs_nothing_that_was_cut_short_and_grew_again(self, victim: Scene) -> None:
        victim.unguard()
        victim.regrow(up_to=590)
        victim.tell(30, begin=SIZE)
        with pytest.raises(NotSignable, match="no longer those that were signed"):
            victim.ledger.checkpoint()

    def test_signs_nothing_that_the_tree_does_not_prove(self, victim: Scene) -> None:
        victim.tell(300, begin=SIZE)
        victim.sql("UPDATE ledger_tile SET data = :data WHERE level = 1", data=bytes(64))
        with pytest.raises(NotSignable, match="no longer those that were signed"):
            victim.ledger.checkpoint()


class TestWithAnAnchorElsewhere:
    """The attacker has the signer's files too: only what lies elsewhere contradicts."""

    def test_a_fork_is_caught_by_the_checkpoint_of_the_other_branch(self, victim: Scene, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        state = victim.ledger.keys / STATE_NAME
        before = state.read_bytes()
        victim.grown(50, begin=SIZE)
        path = victim.ledger.anchor(elsewhere)
        anchor = read_anchor(path, str(victim.ledger.key()))
        assert victim.ledger.verify([anchor]).anchors == ("the checkpoint that was signed last", anchor.known_as)
        victim.unguard()
        victim.regrow("UPDATE journal_entry SET outcome = 'rejected' WHERE id = 620")
        state.write_bytes(before)
        found = victim.ledger.verify([anchor])
        assert found.wrong is not None
        assert re.match(r"The first \d+ entries are not those of", found.wrong)

    def test_a_split_view_is_caught_once_two_compare_what_they_were_given(
        self, victim: Scene, untouched: Path, tmp_path: Path
    ) -> None:
        """One partner is shown one ledger and the other another, each signed and each extending what was signed before."""
        (tmp_path / "acme").mkdir()
        (tmp_path / "beta").mkdir()
        other = Path(shutil.copytree(untouched, tmp_path / "other"))
        with scene("sqlite", other, begun=True) as branch:
            branch.grown(50, begin=SIZE + 1)
            theirs = read_anchor(branch.ledger.anchor(tmp_path / "acme"), str(branch.ledger.key()))
            assert branch.ledger.verify([theirs]).holds
        victim.grown(50, begin=SIZE)
        ours = read_anchor(victim.ledger.anchor(tmp_path / "beta"), str(branch.ledger.key()))
        assert victim.ledger.verify([ours]).holds
        assert ours.checkpoint.size == theirs.checkpoint.size == SIZE + 50
        assert victim.ledger.verify([ours, theirs]).wrong == (
            f"The first {SIZE + 50} entries are not those of {theirs.known_as}: some were changed, or removed and grown anew."
        )

    def test_a_home_put_back_as_a_whole_is_caught_by_a_later_checkpoint(
        self, victim: Scene, untouched: Path, tmp_path: Path
    ) -> None:
        victim.grown(50, begin=SIZE)
        later = Anchor("the auditor's", Checkpoint.read(victim.ledger.checkpoint().text))
        earlier = Path(shutil.copytree(untouched, tmp_path / "earlier"))
        with scene("sqlite", earlier, begun=True) as put_back:
            assert put_back.verify().holds
            found = put_back.ledger.verify([later])
        assert found.wrong == (
            "The ledger has 600 entries, and the auditor's is of 650: it was cut short, or put back to an earlier state."
        )

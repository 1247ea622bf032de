"""Which key or certificate is used when: before, at and after each date, and at no moment none or two."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.identity import PartnerId
from partners import certificates
from partners.certificates import CertificateRow, CertificateState, Place, Use
from spool.database.port import Database

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
YEAR = timedelta(days=365)


def row(
    number: int,
    begins: datetime,
    *,
    use: Use = Use.BOTH,
    state: CertificateState = CertificateState.IN_FORCE,
    previous_until: datetime | None = None,
    not_after: datetime = NEXT_YEAR,
    partner: str | None = "acme",
    said: datetime = JANUARY - YEAR,
) -> CertificateRow:
    return CertificateRow(
        id=number,
        partner=partner,
        use=use,
        state=state,
        subject=f"CN={number}",
        fingerprint=f"{number:064x}",
        not_before=JANUARY,
        not_after=not_after,
        begins=begins,
        previous_until=previous_until,
        pem="",
        added_at=said,
        added_by="anna",
        changed_at=said,
        changed_by="anna",
    )


OLD_AND_NEW = (row(1, JANUARY), row(2, JUNE, previous_until=JULY))


@pytest.mark.parametrize(
    ("now", "old", "new", "old_accepted"),
    [
        (JANUARY - MOMENT, Place.NEXT, Place.NEXT, True),
        (JANUARY, Place.CURRENT, Place.NEXT, True),
        (JUNE - MOMENT, Place.CURRENT, Place.NEXT, True),
        (JUNE, Place.PREVIOUS, Place.CURRENT, True),
        (JUNE + MOMENT, Place.PREVIOUS, Place.CURRENT, True),
        (JULY - MOMENT, Place.PREVIOUS, Place.CURRENT, True),
        (JULY, Place.PREVIOUS, Place.CURRENT, False),
        (NEXT_YEAR + MOMENT, Place.PREVIOUS, Place.CURRENT, False),
    ],
)
def test_one_takes_over_from_the_other_at_its_date(now: datetime, old: Place, new: Place, old_accepted: bool) -> None:
    first, second = certificates.line(OLD_AND_NEW, Use.SIGN)
    assert (first.place(now), second.place(now)) == (old, new)
    assert first.is_accepted(now) == old_accepted
    assert second.is_accepted(now)


def test_without_a_time_agreed_for_it_the_former_one_is_accepted_as_long_as_it_is_valid() -> None:
    first, _ = certificates.line([row(1, JANUARY), row(2, JUNE)], Use.SIGN)
    assert first.is_accepted(NEXT_YEAR + MOMENT)


def test_the_current_comes_first_then_the_next_then_the_previous() -> None:
    rows = [row(1, JANUARY), row(2, JUNE), row(3, JULY), row(4, NEXT_YEAR), row(5, NEXT_YEAR + MOMENT)]
    turns = certificates.by_importance(certificates.line(rows, Use.SIGN), JULY)
    assert [turn.row.id for turn in turns] == [3, 4, 5, 2, 1]


@pytest.mark.parametrize("state", [state for state in CertificateState if state is not CertificateState.IN_FORCE])
def test_only_what_is_in_force_stands_in_a_line(state: CertificateState) -> None:
    """And where the one that took over is gone, the one before goes on."""
    [turn] = certificates.line([row(1, JANUARY), row(2, JUNE, state=state, previous_until=JULY)], Use.SIGN)
    assert (turn.row.id, turn.ends, turn.accepted_until) == (1, None, None)


def test_each_purpose_has_a_line_of_its_own() -> None:
    rows = [row(1, JANUARY), row(2, JUNE, use=Use.SIGN, previous_until=JULY)]
    assert [turn.row.id for turn in certificates.line(rows, Use.SIGN)] == [1, 2]
    [encrypting] = certificates.line(rows, Use.ENCRYPT)
    assert (encrypting.row.id, encrypting.place(NEXT_YEAR)) == (1, Place.CURRENT)


def test_of_two_that_begin_together_the_one_added_later_counts() -> None:
    turns = certificates.line([row(2, JUNE), row(1, JUNE)], Use.SIGN)
    current = certificates.current(turns, JUNE)
    assert current is not None
    assert current.row.id == 2


class TestRunningOut:
    """Which certificate is the last before there is none."""

    @pytest.mark.parametrize(
        ("rows", "last"),
        [
            ([], None),
            ([row(1, JANUARY)], 1),
            ([row(1, JANUARY), row(2, JULY)], 2),
            ([row(1, JANUARY, not_after=JULY), row(2, JULY)], 2),
            ([row(1, JANUARY, not_after=JULY - MOMENT), row(2, JULY)], 1),
            ([row(1, JANUARY, not_after=JANUARY), row(2, JUNE)], 2),
        ],
        ids=["none", "alone", "followed", "followed at its end", "followed too late", "the former expired long ago"],
    )
    def test_is_the_one_that_nothing_takes_over_from_in_time(
        self, rows: list[CertificateRow], last: int | None
    ) -> None:
        turn = certificates.last_in_time(certificates.line(rows, Use.SIGN), JUNE)
        assert (None if turn is None else turn.row.id) == last


minutes = st.integers(0, 10_000).map(lambda count: JANUARY + timedelta(minutes=count))
overlaps = st.none() | st.integers(0, 10_000).map(lambda count: timedelta(minutes=count))


@st.composite
def lines(draw: st.DrawFn) -> tuple[CertificateRow, ...]:
    """Certificates that follow each other, each with an agreed overlap or none."""
    begins = sorted(draw(st.lists(minutes, min_size=1, max_size=6, unique=True)))
    agreed = [draw(overlaps) for _ in begins]
    return tuple(
        row(number, moment, previous_until=None if overlap is None else moment + overlap)
        for number, (moment, overlap) in enumerate(zip(begins, agreed, strict=True), 1)
    )


@given(lines(), minutes)
def test_from_the_first_on_there_is_always_exactly_one_to_sign_and_to_encrypt_with(
    rows: tuple[CertificateRow, ...], now: datetime
) -> None:
    for purpose in certificates.PURPOSES:
        places = [turn.place(now) for turn in certificates.line(rows, purpose)]
        assert places.count(Place.CURRENT) == (now >= rows[0].begins)


@pytest.mark.parametrize(
    ("rows", "now", "current"),
    [
        ([row(1, JUNE, said=JUNE)], JUNE, 1),
        ([row(1, JUNE, said=JUNE)], JANUARY, 1),
        ([row(1, JULY, said=JUNE)], JUNE, None),
        ([row(1, JULY, said=NEXT_YEAR)], JUNE, 1),
        ([row(1, JUNE, said=JUNE), row(2, JULY, said=JULY)], JANUARY, 1),
        ([row(1, JUNE, said=JUNE), row(2, JULY, said=JULY)], JULY, 2),
        ([row(1, JULY, said=JUNE), row(2, NEXT_YEAR, said=NEXT_YEAR)], JUNE, None),
    ],
    ids=["then", "before", "as agreed", "once it had begun", "the first of two", "its time", "the first as agreed"],
)
def test_what_was_to_be_used_at_once_is_current_though_the_clock_is_put_back(
    rows: list[CertificateRow], now: datetime, current: int | None
) -> None:
    """There is none before the first that could be meant; whoever named a later day meant that day."""
    found = certificates.current(certificates.line(rows, Use.ENCRYPT), now)
    assert (found and found.row.id) == current


@given(lines(), minutes)
def test_during_an_overlap_both_are_accepted(rows: tuple[CertificateRow, ...], now: datetime) -> None:
    for before, after in pairwise(certificates.line(rows, Use.SIGN)):
        assert after.is_accepted(min(now, after.begins))
        if after.row.previous_until is None or now < after.row.previous_until:
            assert before.is_accepted(now)


@given(lines(), minutes)
def test_what_is_current_is_accepted(rows: tuple[CertificateRow, ...], now: datetime) -> None:
    current = certificates.current(certificates.line(rows, Use.SIGN), now)
    assert current is None or current.is_accepted(now)


class TestRows:
    @pytest.fixture
    def kept(self, database: Database) -> Database:
        ours = row(3, JANUARY, partner=None)
        theirs = (row(1, JUNE), row(2, JANUARY), row(4, JULY, state=CertificateState.PENDING))
        others = row(5, JANUARY, partner="beta")
        database.write(lambda session: session.add_all([*theirs, ours, others]))
        return database

    def test_in_force_are_found_by_whose_they_are(self, kept: Database) -> None:
        with kept.read() as session:
            found = {each.id for each in certificates.in_force(session, PartnerId("acme"))}
            ours = [each.id for each in certificates.in_force(session, None)]
        assert (found, ours) == ({1, 2}, [3])

    def test_all_are_listed_ours_first_and_by_date(self, kept: Database) -> None:
        with kept.read() as session:
            assert [each.id for each in certificates.all(session)] == [3, 2, 1, 4, 5]

    def test_a_certificate_is_known_by_its_fingerprint_to_its_partner_alone(self, kept: Database) -> None:
        with kept.read() as session:
            pending = certificates.known(session, PartnerId("acme"), f"{4:064x}")
            assert pending is not None
            assert pending.id == 4
            assert certificates.known(session, PartnerId("acme"), f"{5:064x}") is None
            assert certificates.known(session, None, f"{3:064x}") is not None
            assert certificates.known(session, None, f"{1:064x}") is None

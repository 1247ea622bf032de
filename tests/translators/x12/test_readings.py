"""A fault in doubt is told at once, and told anew when what follows shows that it was another."""

from translators.x12.readings import Readings, Suspect
from translators.x12.schema import dictionary
from translators.x12.structure import plan
from translators.x12.walker import Fit


def readings(*tags: str) -> Readings:
    compiled = plan(dictionary("004010"), "850")
    assert compiled is not None
    followed = Readings(compiled)
    for tag in tags:
        followed.advance(tag)
    return followed


def test_nothing_is_in_doubt_while_everything_fits() -> None:
    followed = readings("BEG", "REF", "PO1", "CTT")
    assert not followed.in_doubt
    assert followed.revision is None


def test_a_summary_before_the_last_lines_is_early_and_not_they_late() -> None:
    followed = readings("BEG", "PO1", "CTT")
    assert followed.advance("PO1").fit is Fit.OUT_OF_ORDER
    assert followed.parted
    assert followed.in_doubt
    assert followed.advance("PO1").fit is Fit.DETOUR
    assert followed.advance("CTT").fit is Fit.FITS
    assert followed.revision is not None
    assert (followed.revision.fit, followed.revision.about) == (Fit.TOO_EARLY, Suspect.PREVIOUS)
    assert not followed.in_doubt


def test_without_another_summary_the_lines_stay_late() -> None:
    followed = readings("BEG", "PO1", "CTT", "PO1", "PO1")
    assert followed.advance("SE").fit is Fit.FITS
    assert followed.revision is None


def test_a_name_the_set_does_not_know_settles_nothing() -> None:
    followed = readings("BEG", "PO1", "CTT", "PO1")
    assert followed.advance("ZZZ").fit is Fit.NOT_IN_SET
    assert followed.in_doubt

"""A suspended partner: nothing is read, built or sent anew for it by hand."""

from partners.registry import AppliedProfile

from .instruction import NotPossible


def refuse_suspended(current: AppliedProfile) -> None:
    """Raises NotPossible where the profile in force says that trade with the partner rests."""
    if not current.profile.is_active:
        raise NotPossible(
            f"{current.partner} is suspended: set status: active in partners/{current.partner}.yaml and apply it first."
        )

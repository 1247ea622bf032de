"""The rules of one home: which of them apply to a document, and how long it is kept because of them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import Session

from partners import registry
from spool.documents import DocumentRow

from .periods import kept_until, over_before
from .presets import ENVELOPES, LETTERS, PRESETS, Begins, Kind, kind_of

OURS = "keep_years in tally.toml"


@dataclass(frozen=True, slots=True)
class Rule:
    """Documents of a ``kind``, or of one ``type``, are kept for ``years``. ``country`` is None for a rule of the home's own."""

    years: int
    begins: Begins
    source: str
    country: str | None = None
    kind: Kind | None = None
    type: str | None = None
    practice: bool = False

    def applies(self, type_: str) -> bool:
        """Whether it is about documents of this type."""
        return type_ == self.type if self.kind is None else kind_of(type_) is self.kind

    @property
    def about(self) -> ColumnElement[bool]:
        """The same of rows."""
        if self.kind is Kind.VOUCHER:
            return DocumentRow.type.not_in(LETTERS | ENVELOPES)
        return DocumentRow.type.in_(LETTERS) if self.kind is Kind.LETTER else DocumentRow.type == self.type

    def __str__(self) -> str:
        where = "" if self.country is None else f"{self.country}, "
        return f"{where}{self.source}{' (practice)' if self.practice else ''}: {self.years} years from the end of the {self.begins.value}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A document is kept until the end of the day ``until`` because of ``rule``."""

    until: date
    rule: Rule


@dataclass(frozen=True, slots=True)
class Rules:
    """``country`` is where the home keeps its books, ``fiscal_year_ends`` the month in which their year ends, ``years`` what the home
    itself keeps longer, by type of document."""

    country: str | None = None
    fiscal_year_ends: int = 12
    years: Mapping[str, int] = field(default_factory=dict)

    def in_force(self, partner_country: str | None = None) -> list[Rule]:
        """All rules, also those that the country of a partner adds."""
        countries = dict.fromkeys(country for country in (self.country, partner_country) if country)
        own = [Rule(years, Begins.FISCAL_YEAR, OURS, type=type_) for type_, years in sorted(self.years.items())]
        return [*own, *(rule for country in countries for rule in of_country(country))]

    def added(self, country: str) -> list[Rule]:
        """Those that a partner adds whose profile names ``country``."""
        return [] if country == self.country else of_country(country)

    def keeping(self, type_: str, moment: datetime, partner_country: str | None = None) -> Kept | None:
        """How long a document that was received or sent at ``moment`` is kept: by the rule that asks for most."""
        found = [
            Kept(kept_until(moment, rule.years, rule.begins, self.fiscal_year_ends), rule)
            for rule in self.in_force(partner_country)
            if rule.applies(type_)
        ]
        return max(found, key=lambda kept: kept.until, default=None)

    def still(self, session: Session, now: datetime) -> ColumnElement[bool]:
        """The documents that are still to be kept."""
        conditions = [*self._conditions(self.in_force(), now)]
        for country, partners in _partners_by_country(session, self).items():
            mine = or_(*self._conditions(of_country(country), now))
            conditions.append(and_(DocumentRow.partner.in_(partners), mine))
        return or_(false(), *conditions)

    def _conditions(self, rules: Sequence[Rule], now: datetime) -> Iterator[ColumnElement[bool]]:
        for rule in rules:
            bound = over_before(now, rule.years, rule.begins, self.fiscal_year_ends)
            yield and_(rule.about, DocumentRow.created_at >= bound)


def of_country(country: str) -> list[Rule]:
    """What the law of a country asks for, one rule a kind of document; nothing where there is no preset."""
    return [
        Rule(preset.years, preset.begins, preset.source, country, kind, practice=preset.practice)
        for preset in PRESETS.get(country, ())
        for kind in preset.kinds
    ]


def partner_countries(session: Session) -> dict[str, str]:
    """The countries that partners' profiles name."""
    found = {applied.partner: applied.profile.country for applied in registry.all(session)}
    return {partner: country for partner, country in found.items() if country}


def _partners_by_country(session: Session, rules: Rules) -> dict[str, Collection[str]]:
    """Partners in other countries than ours."""
    found: dict[str, list[str]] = {}
    for partner, country in partner_countries(session).items():
        if country != rules.country and country in PRESETS:
            found.setdefault(country, []).append(partner)
    return dict(found)

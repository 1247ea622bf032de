"""What the column map expects in the column of a finding, in words."""

from collections.abc import Iterator

from canonical.advice import Fact
from canonical.finding import Finding

from .column_map import Binding, ColumnMap
from .header import fold
from .values import Kind

_MOST_CODES = 8
_SEPARATORS = {".": "a point", ",": "a comma"}


def expected(finding: Finding, column_map: ColumnMap) -> tuple[Fact, ...]:
    """What should have stood in the cell; nothing where the finding is of no column, or of one that is not read."""
    bound = [binding for binding in column_map.bindings if _is_of(binding, finding.column)]
    if not bound:
        return ()
    first = bound[0]
    fields = " and ".join(binding.field.name for binding in bound)
    facts = [Fact("field", f"{fields} of the {column_map.document}"), Fact("expected", _form(first, column_map))]
    if first.codes:
        facts.append(Fact("codes", _codes(first.codes)))
    facts.append(Fact("required", "always" if first.required else "no, it may be blank"))
    return tuple(facts)


def _is_of(binding: Binding, column: str | None) -> bool:
    return column is not None and binding.column is not None and fold(column) == fold(str(binding.column))


def _form(binding: Binding, column_map: ColumnMap) -> str:
    return ", ".join(_forms(binding, column_map))


def _forms(binding: Binding, column_map: ColumnMap) -> Iterator[str]:
    match binding.field.kind:
        case Kind.DATE:
            yield f"a date, {column_map.date_format}"
        case Kind.DECIMAL:
            yield f"a number, with {_SEPARATORS[column_map.decimal_separator]} before its decimals"
        case Kind.INTEGER:
            yield "a whole number"
        case Kind.TIME:
            yield "a time of day"
        case Kind.SSCC:
            yield "an SSCC of 18 digits"
        case Kind.TEXT:
            yield "text" if not binding.codes else "one of the agreed values"
        case coded:
            yield f"a {coded.value}"
    if binding.max_length is not None:
        yield f"at most {binding.max_length} characters"


def _codes(codes: dict[str, str]) -> str:
    """The partner's values and ours for them."""
    shown = [theirs if theirs == ours else f"{theirs} ({ours})" for theirs, ours in list(codes.items())[:_MOST_CODES]]
    rest = len(codes) - len(shown)
    return ", ".join(shown) + (f", and {rest} more" if rest else "")

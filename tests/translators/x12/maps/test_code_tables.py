"""Our names stand for codes that the standard has."""

import pytest

from canonical.acknowledgement import LineStatus
from canonical.document import Purpose
from canonical.functional_acknowledgement import SyntaxStatus
from translators.x12.maps import code_tables, codes_application, codes_payment, codes_warehouse
from translators.x12.maps.codes import Codes
from translators.x12.schema import dictionary
from translators.x12.values import CannotWrite

MODULES = (code_tables, codes_application, codes_payment, codes_warehouse)
TABLES = {
    f"{module.__name__.rpartition('.')[2]}.{name}": table
    for module in MODULES
    for name, table in vars(module).items()
    if isinstance(table, Codes)
}


@pytest.mark.parametrize("name", TABLES)
def test_every_code_is_in_the_standards_list(name: str) -> None:
    codes = dictionary("004010").elements[TABLES[name].element].codes
    assert codes is None or set(TABLES[name].names) <= codes


@pytest.mark.parametrize("name", TABLES)
def test_names_are_words_and_codes_are_not(name: str) -> None:
    for code, word in TABLES[name].names.items():
        assert word == word.lower()
        assert word != word.upper()
        assert code == code.upper()


def test_closed_lists_are_those_of_the_canonical_model() -> None:
    assert set(code_tables.PURPOSES.names.values()) == set(Purpose) - {Purpose.OTHER}
    assert set(code_tables.LINE_STATUSES.names.values()) == set(LineStatus) - {LineStatus.OTHER}
    assert set(code_tables.SYNTAX_STATUSES.names.values()) == set(SyntaxStatus)


def test_unknown_codes_are_carried_and_unknown_words_refused() -> None:
    table = Codes("98", {"BY": "buyer"})
    assert (table.name("BY"), table.code("buyer")) == ("buyer", "BY")
    assert (table.name("ZZ"), table.code("ZZ")) == ("ZZ", "ZZ")
    with pytest.raises(CannotWrite, match="Use one of buyer"):
        table.code("buyr")


def test_two_codes_with_one_name_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="same name"):
        Codes("98", {"BY": "buyer", "OB": "buyer"})

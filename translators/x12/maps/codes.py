"""Two-way tables between X12 codes and the trade's names."""

from ..values import CannotWrite


class Codes:
    """One X12 code list, as far as we have names. Codes without a name are carried as they are, in both directions.

    Names are lower-case words and codes are upper case or digits, so the one is never taken for the other.
    """

    __slots__ = ("_codes", "_names", "element")

    def __init__(self, element: str, names: dict[str, str]) -> None:
        self.element = element
        self._names = names
        self._codes = {name: code for code, name in names.items()}
        if len(self._codes) != len(names):
            raise ValueError(f"two codes of element {element} have the same name")

    def name(self, code: str) -> str:
        return self._names.get(code, code)

    def known(self, code: str) -> bool:
        return code in self._names

    @property
    def names(self) -> dict[str, str]:
        """Our name for each code that has one."""
        return dict(self._names)

    def code(self, name: str) -> str:
        """The code for ``name``. Raises CannotWrite for a word that is neither a name of ours nor could be a code."""
        code = self._codes.get(name)
        if code is not None:
            return code
        if name != name.upper():
            raise CannotWrite(
                f"{name!r} is not a name for anything in X12's list of element {self.element}. "
                f"Use one of {', '.join(sorted(self._codes))}, or the X12 code itself."
            )
        return name

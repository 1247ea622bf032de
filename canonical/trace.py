"""Where the fields of a document came from, found out only when somebody asks."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import PlainSerializer


class LazyTrace(Mapping[str, str]):
    """A trace that is made when it is first looked at. Equal to the dict that it stands for, and copied, pickled and serialised as that."""

    __slots__ = ("_find", "_places")

    def __init__(self, find: Callable[[], dict[str, str]]) -> None:
        self._find: Callable[[], dict[str, str]] | None = find
        self._places: dict[str, str] = {}

    def _found(self) -> dict[str, str]:
        if self._find is not None:
            self._places = self._find()
            self._find = None
        return self._places

    def __getitem__(self, field: str) -> str:
        return self._found()[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())

    def __repr__(self) -> str:
        return repr(self._found())

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self._found(),)


def _as_dict(trace: Mapping[str, str]) -> dict[str, str]:
    """Of a trace that was made, the dict itself: a copy would ask for each field anew."""
    return trace._found() if isinstance(trace, LazyTrace) else dict(trace)


Trace = Annotated[Mapping[str, str], PlainSerializer(_as_dict, return_type=dict[str, str])]
"""From a field to its place in the source."""

"""Segments compiled for reading: one function for a record and a number of elements, from the split text to the finished value.

:meth:`Record.read` says what a segment means. :mod:`.reader_source` says the same once more as the source of a small function, for a
segment that is ordinary. One that is not is read by ``Record.read`` itself, and what that has found is validated as a document is.

A function gets the segment, the frame of the place that it stands in, and the :class:`.frames.Remainder` of the set; it adds the value
to the frame.
"""

from typing import Any

from canonical.base import proven, say_also

from .compiled_records import Unusual
from .field_values import MISSING, validator
from .frames import Frame, PieceReader, Remainder
from .reader_source import ReaderSource
from .reading import Fields, Reading
from .stations import Joining, Station


class Readers(dict[int, PieceReader]):
    """The functions of a station by the length of the split segment. They are made when they are needed."""

    def __init__(self, station: Station) -> None:
        super().__init__()
        self._station = station
        self._oddly = _Oddly(station)

    def __missing__(self, length: int) -> PieceReader:
        try:
            made = ReaderSource(self._station, length - 1).function(self._oddly)
        except Unusual:
            made = self._oddly
        self[length] = made
        return made


class _Oddly:
    """Reads a segment that is out of the ordinary by its record."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def __call__(self, piece: list[str], parent: Frame, rest: Remainder) -> Frame | None:
        station = self._station
        fields, owner = parent
        if station.joining.once:
            place = (id(fields), station.node)
            if place in rest.first:
                rest.skip(piece)
                return None
            rest.first.add(place)
        found = self._found(piece, rest)
        if found is None:
            return None
        if station.joining.own:
            fields.update(found)
            say_also(owner, found)
            return parent
        frame = self._value(found, rest)
        if station.joining is Joining.ONE:
            fields[station.name] = frame[1]
            say_also(owner, {station.name})
        else:
            rest.add(fields, station.name, frame[1])
        return frame

    def _found(self, piece: list[str], rest: Remainder) -> Fields | None:
        """The fields of the segment, validated; None where it is not understood. What it has left is told."""
        record = self._station.record
        reading = Reading()
        node = self._station.segment(piece)
        found = record.read(node, reading)
        if found is None:
            if not self._station.always:
                rest.skip(piece)
                return None
            reading.take(node)
            found = {}
        rest.leave(piece, reading.taken(node) or 0)
        rest.blanks.extend((piece, position) for _, position in reading.blanks)
        try:
            return {name: validator(record.model, name)(value) for name, value in found.items()}
        except ValueError:
            raise Unusual from None

    def _value(self, found: Fields, rest: Remainder) -> Frame:
        fields = self._station.absent | found
        if any(value is MISSING for value in fields.values()):
            if not self._station.inside.open:
                raise Unusual
            rest.unfinished.append(fields)
        return fields, proven(self._station.record.model, fields, {*self._station.said, *found})


class Every(dict[int, Any]):
    """One function for segments of any length."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, length: int) -> Any:
        self[length] = self._function
        return self._function

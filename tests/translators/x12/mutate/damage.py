"""Damage of any kind: what a bad line, a bad disk or a bad editor does to a file. Anything may be found, or nothing."""

import random

from .anatomy import Mutated, Mutator, opened


def flip_bytes(chance: random.Random, data: bytes) -> Mutated | None:
    """Replace, take out or put in a few bytes anywhere."""
    changed = bytearray(data)
    places = []
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed))
        piece = chance.choice((b"", b"*", b"~", b">", b"^", b"\n", b"\xff", b"\xc3\xa9", b"A", b"0", b" ", b"-", b"."))
        changed[at : at + chance.choice((0, 1, 1, 2))] = piece
        places.append(f"{piece!r} at {at}")
    return Mutated(bytes(changed), ", ".join(places))


def cut_off(chance: random.Random, data: bytes) -> Mutated | None:
    """Lose everything after some byte."""
    at = chance.randrange(len(data))
    return Mutated(data[:at], f"cut off at {at}")


def cut_out(chance: random.Random, data: bytes) -> Mutated | None:
    """Lose a piece from the middle."""
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice((1, 5, 20, 100)))
    return Mutated(data[:start] + data[end:], f"without {start} to {end}")


def shuffle_segments(chance: random.Random, data: bytes) -> Mutated | None:
    """Drop, double, move or exchange whole segments, those of the envelope too."""
    terminator = opened(data).delimiters.segment.encode()
    lines = data.split(terminator)[:-1]
    told = []
    for _ in range(chance.randint(1, 3)):
        at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.choice(("drop", "double", "move", "exchange")):
            case "drop" if len(lines) > 1:
                told.append(f"segment {at} dropped")
                del lines[at]
            case "double":
                told.append(f"segment {at} doubled")
                lines.insert(at, lines[at])
            case "move":
                told.append(f"segment {at} moved to {to}")
                lines.insert(to, lines.pop(at))
            case _:
                told.append(f"segments {at} and {to} exchanged")
                lines[at], lines[to] = lines[to], lines[at]
    return Mutated(b"".join(line + terminator for line in lines), ", ".join(told))


def exchange_elements(chance: random.Random, data: bytes) -> Mutated | None:
    """Put the text of one element into another, anywhere in the interchange behind its ISA."""
    delimiters = opened(data).delimiters
    element, terminator = delimiters.element.encode(), delimiters.segment.encode()
    lines = [line.split(element) for line in data.split(terminator)[:-1]]
    source, target = chance.choice(lines[1:]), chance.choice(lines[1:])
    if len(source) < 2 or len(target) < 2:
        return None
    text, at = chance.choice(source[1:]), chance.randrange(1, len(target))
    what = f"{target[0].decode('latin-1')}{at:02} is {text!r}"
    target[at] = text
    return Mutated(b"".join(element.join(line) + terminator for line in lines), what)


DAMAGE: tuple[Mutator, ...] = (flip_bytes, cut_off, cut_out, shuffle_segments, exchange_elements)

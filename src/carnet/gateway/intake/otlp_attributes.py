"""Attributes in protobuf, judged from their bytes: what is dropped, or is a short number, is not parsed first.

The usual form is a name, then a value with one text or one short integer in it, each as long as it says. Anything else
is left to the parser, so that the same is read, and the same refused, as if all were parsed. Of many records each
attribute that differs is judged once; most of a batch's are equal to another one of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from carnet.gateway.intake import otlp_lean
from carnet.gateway.intake import otlp_parsing as parsing
from carnet.gateway.intake.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.gateway.intake.allow import Sieve
    from carnet.gateway.intake.words import Check

Judged = tuple[str, object]
"""A name and what is kept of its value; or the path it is counted under, and None."""
Judge = Callable[[bytes], Judged | None]
"""What becomes of a value that stands behind a certain name; None: the parser must say."""
MOST_NAMES, LONGEST_NAME = 1 << 12, 100
_LONGEST_TEXT = 1 << 14
_NAME, _VALUE, _TEXT, _INTEGER = 0x0A, 0x12, 0x0A, 0x18
"""Tags of the fields of a KeyValue and of an AnyValue."""
_A_TEXT = bytes([_TEXT])
_SHORT = 130
"""Bytes of a value below which each length in it is one byte."""
_TEXTS = [b"", b"", b"", b"", *(bytes([_VALUE, size - 2, _TEXT, size - 4]) for size in range(4, _SHORT))]
"""Bytes of such a value -> what stands before a text that fills it."""
_INTEGERS = {size: bytes([_VALUE, size - 2, _INTEGER]) for size in (4, 5, 6)}
"""The same before an integer of one, two or three bytes."""


class Names(dict[bytes, Judge]):
    """Names as they stand in front of an attribute -> how its values are judged. Each is parsed once, for a list."""

    def learn(self, data: bytes, name: str, sieve: Sieve, path: str) -> None:
        text = name.encode()
        front = bytes([_NAME, len(text)]) + text if len(text) <= LONGEST_NAME else b""
        if len(self) >= MOST_NAMES:  # somebody sends names that nobody sends twice
            self.clear()
        if front and data.startswith(front):
            check = sieve.allow.attributes.get(name)
            dropped = f"{path}.{name}" if check else sieve.path(path, name)
            self[front] = _keeping(name, check, dropped) if check else _dropping(dropped)


def kept_of(records: Sequence[Sequence[bytes]], sieve: Sieve, path: str) -> list[dict[str, object]]:
    """What is kept of the attributes of each record; what is not is counted. Raises RefusedError."""
    names: Names = sieve.allow.remembered.setdefault(path, Names())
    dropped = sieve.tally.alone
    table: dict[bytes, Judged] = {}
    for data, times in Counter(chain.from_iterable(records)).items():
        end = data[1] + 2 if len(data) > 1 else 0
        judge = names.get(data[:end])
        found = None if judge is None else judge(data[end:])
        if found is None:
            found = _parsed(data, names, sieve, path)
        if found[1] is None:
            dropped[found[0]] += times
        else:
            table[data] = found
    look = table.get
    return [dict(filter(None, map(look, attributes))) for attributes in records]


def _parsed(data: bytes, names: Names, sieve: Sieve, path: str) -> Judged:
    name, value = otlp_lean.attribute(data)
    names.learn(data, name, sieve, path)
    return sieve.judged(name, value, path, parsing.plain_proto)


def _dropping(path: str) -> Judge:
    dropped = path, None

    def judge(rest: bytes) -> Judged | None:
        size = len(rest)
        if size < _SHORT and rest[:4] == _TEXTS[size] and rest[4:].isascii():
            return dropped
        return None if text_of(rest) is None and integer_of(rest) is None else dropped

    return judge


def _keeping(name: str, check: Check, path: str) -> Judge:
    dropped, plain = (path, None), check is number

    def judge(rest: bytes) -> Judged | None:
        value: object = text_of(rest) if rest[2:3] == _A_TEXT else integer_of(rest)
        if value is None:
            return None
        if plain and type(value) is int:
            return name, value
        let = check(value)
        return dropped if let is None else (name, let)

    return judge


def integer_of(rest: bytes) -> int | None:
    """The number of a value that is a short one, not negative, behind a name and to the end; None: another form."""
    size = len(rest)
    if size > 6 or rest[:3] != _INTEGERS.get(size):
        return None
    low = rest[3]
    if size == 4:
        return low if low < 0x80 else None
    middle = rest[4]
    if size == 5:
        return low & 0x7F | middle << 7 if low >= 0x80 > middle else None
    high = rest[5]
    return low & 0x7F | (middle & 0x7F) << 7 | high << 14 if min(low, middle) >= 0x80 > high else None


def text_of(rest: bytes) -> str | None:
    """The text of a value that is one, behind a name and to the end; None: it has another form."""
    size = len(rest)
    front = _TEXTS[size] if size < _SHORT else _front(size)
    if not front or not rest.startswith(front):
        return None
    try:
        return rest[len(front) :].decode()
    except UnicodeDecodeError:
        return None


@lru_cache(maxsize=1 << 10)
def _front(size: int) -> bytes:
    """What stands before a text where all of it has a size; empty where the text is too long, or none has it."""
    for text in (size - 5, size - 6):
        if 0 <= text < _LONGEST_TEXT:
            inner = bytes([_TEXT]) + _length(text)
            front = bytes([_VALUE]) + _length(len(inner) + text) + inner
            if len(front) + text == size:
                return front
    return b""


def _length(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80, value >> 7])

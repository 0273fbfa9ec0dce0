"""JSON as an agent reads it, with the line of every key: `json` of the standard library keeps no positions."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from json import JSONDecodeError, JSONDecoder
from typing import NoReturn

DEEPEST = 200
"""Levels of nesting that are followed; settings have five."""

_STRINGS = JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

Path = tuple[str, ...]


class JsonFaultError(ValueError):
    """Raised when a text is no JSON; `line` is where it stops being so."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value and where its keys stand."""

    value: object
    lines: dict[Path, int]
    """Line of every key of every object that is reached through objects alone."""
    repeated: list[tuple[Path, int, int]] = field(default_factory=list)
    """(key, line that does not count, line that does) of keys given twice in one object."""


def decode(raw: bytes) -> tuple[str, bool]:
    """The text of a file, and whether every byte of it was text. Damaged bytes become U+FFFD, as agents read them."""
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding), True
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace"), False


def parse(text: str) -> Parsed:
    """Read one JSON value. Raises JsonFaultError with the line of a comment, trailing comma, NaN or any other fault."""
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: dict[Path, int] = {}
        self.repeated: list[tuple[Path, int, int]] = []
        self._counted = 0
        self._line = 1

    def whole(self) -> Parsed:
        if not self.text.strip(" \t\n\r"):
            raise JsonFaultError("the file is empty", 1)
        value, at = self._value(self._skip(0), (), 0)
        at = self._skip(at)
        if at != len(self.text):
            self._fail(at, "text after the end of the value")
        return Parsed(value, self.lines, self.repeated)

    def _value(self, at: int, path: Path | None, depth: int) -> tuple[object, int]:
        if depth > DEEPEST:
            self._fail(at, f"nested more than {DEEPEST} levels deep")
        first = self.text[at : at + 1]
        if first == "{":
            return self._object(at, path, depth)
        if first == "[":
            return self._list(at, depth)
        if first == '"':
            return self._string(at)
        for word, value in _WORDS.items():
            if self.text.startswith(word, at):
                return value, at + len(word)
        return self._number(at)

    def _object(self, at: int, path: Path | None, depth: int) -> tuple[dict[str, object], int]:
        found: dict[str, object] = {}
        at = self._skip(at + 1)
        if self.text[at : at + 1] == "}":
            return found, at + 1
        while True:
            if self.text[at : at + 1] != '"':
                self._fail(at, _comment(self.text[at : at + 2]) or "a name in double quotes was expected")
            line = self._line_of(at)
            name, at = self._string(at)
            at = self._skip(at)
            if self.text[at : at + 1] != ":":
                self._fail(at, "a colon was expected")
            below = None if path is None else (*path, name)
            self._place(below, line, name in found)
            found[name], at = self._value(self._skip(at + 1), below, depth + 1)
            at, ended = self._next(at, "}")
            if ended:
                return found, at

    def _list(self, at: int, depth: int) -> tuple[list[object], int]:
        found: list[object] = []
        at = self._skip(at + 1)
        if self.text[at : at + 1] == "]":
            return found, at + 1
        while True:
            value, at = self._value(at, None, depth + 1)
            found.append(value)
            at, ended = self._next(at, "]")
            if ended:
                return found, at

    def _next(self, at: int, end: str) -> tuple[int, bool]:
        at = self._skip(at)
        mark = self.text[at : at + 1]
        if mark == end:
            return at + 1, True
        if mark != ",":
            self._fail(at, _comment(self.text[at : at + 2]) or f"a comma or {end} was expected")
        after = self._skip(at + 1)
        if self.text[after : after + 1] == end:
            self._fail(at, f"a comma stands before {end}")
        return after, False

    def _string(self, at: int) -> tuple[str, int]:
        try:
            value, end = _STRINGS.raw_decode(self.text, at)
        except JSONDecodeError as error:
            self._fail(min(error.pos, len(self.text)), f"a string is broken: {error.msg.removesuffix(' at')}")
        return str(value), end

    def _number(self, at: int) -> tuple[object, int]:
        match = _NUMBER.match(self.text, at)
        if match is None:
            self._fail(at, _unexpected(self.text[at : at + 2]))
        number = float(match[0])
        # like the agent's own numbers: 30.0 is 30; beyond the range of integers there are only floating ones
        return (int(number) if number.is_integer() and abs(number) < 2**53 else number), match.end()

    def _place(self, path: Path | None, line: int, again: bool) -> None:  # noqa: FBT001 - private
        if path is None:
            return
        if again:
            self.repeated.append((path, self.lines[path], line))
            for old in [key for key in self.lines if key[: len(path)] == path]:
                del self.lines[old]
        self.lines[path] = line

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _line_of(self, at: int) -> int:
        """Positions are asked for in ascending order, so each line break is counted once."""
        if at < self._counted:
            return self.text.count("\n", 0, at) + 1
        self._line += self.text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _fail(self, at: int, why: str) -> NoReturn:
        raise JsonFaultError(why, self._line_of(at))


def _comment(text: str) -> str:
    return "a comment; JSON has none" if text in {"//", "/*"} or text.startswith("#") else ""


def _unexpected(text: str) -> str:
    if not text:
        return "the file ends too early"
    return _comment(text) or (
        f"{text[0]!r} begins no value" if text[0].isprintable() else "an unprintable character begins no value"
    )

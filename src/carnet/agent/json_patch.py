"""Changing one value of a JSON text and nothing else: every other byte stays where its owner put it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from carnet.agent.jsontext import JsonFaultError, parse
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
UNIT = "  "
"""Indentation of a file that has none of its own."""


@dataclass(frozen=True, slots=True)
class Member:
    """Where one `"key": value` stands."""

    key: str
    start: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """Where an object stands: its braces and its members."""

    start: int
    end: int
    """Position of the closing brace."""
    members: tuple[Member, ...]

    def member(self, key: str) -> Member | None:
        return next((member for member in self.members if member.key == key), None)


def check(text: str, file: str) -> None:
    """Refuse a text that cannot be changed safely. Raises CarnetError naming file, line and what to do."""
    try:
        parsed = parse(text)
    except JsonFaultError as error:
        _refuse(file, error.line, f"is no JSON ({error}); repair it first: as it is the agent ignores all of it")
    if not isinstance(parsed.value, dict):
        _refuse(file, 1, "holds no JSON object; settings are one")
    for path, _, line in parsed.repeated:
        _refuse(file, line, f"gives {'.'.join(path)} twice; remove one first, so that it is clear which counts")


def _refuse(file: str, line: int, why: str) -> NoReturn:
    raise CarnetError(f"{file}:{line}: {why}. Nothing was changed")


def put(text: str, path: Sequence[str], value: object) -> str:
    """The text with this value under this path. Raises CarnetError where something else is in the way."""
    block = _block(text, _skip(text, 0))
    for depth, key in enumerate(path[:-1]):
        member = block.member(key)
        if member is None:
            return _insert(text, block, key, _nested(path[depth + 1 :], value))
        block = _below(text, member, path[: depth + 1])
    member = block.member(path[-1])
    if member is None:
        return _insert(text, block, path[-1], value)
    return text[: member.value] + json.dumps(value, ensure_ascii=False) + text[member.end :]


def drop(text: str, path: Sequence[str]) -> str:
    """The text without this key; the same text where it has none."""
    block = _block(text, _skip(text, 0))
    for depth, key in enumerate(path[:-1]):
        member = block.member(key)
        if member is None:
            return text
        block = _below(text, member, path[: depth + 1])
    at = next((number for number, member in enumerate(block.members) if member.key == path[-1]), None)
    return text if at is None else _without(text, block, at)


def _without(text: str, block: Block, at: int) -> str:
    member = block.members[at]
    if at:
        return text[: block.members[at - 1].end] + text[member.end :]
    if len(block.members) > 1:
        return text[: member.start] + text[block.members[1].start :]
    return text[: block.start + 1] + text[block.end :]


def _below(text: str, member: Member, path: Sequence[str]) -> Block:
    if text[member.value] != "{":
        raise CarnetError(f"{'.'.join(path)} is no object, so nothing can be put into it. Nothing was changed")
    return _block(text, member.value)


def _nested(path: Sequence[str], value: object) -> object:
    for key in reversed(path):
        value = {key: value}
    return value


def _block(text: str, start: int) -> Block:
    """The object that begins here; the text is known to be JSON."""
    at = _skip(text, start + 1)
    members = []
    while text[at] != "}":
        begin = _skip(text, at + 1) if text[at] == "," else at
        key, after = _DECODER.raw_decode(text, begin)
        value = _skip(text, _skip(text, after) + 1)
        _, end = _DECODER.raw_decode(text, value)
        members.append(Member(key, begin, value, end))
        at = _skip(text, end)
    return Block(start, at, tuple(members))


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _insert(text: str, block: Block, key: str, value: object) -> str:
    """After the last member, laid out as the others are."""
    name = json.dumps(key, ensure_ascii=False)
    line = "\r\n" if "\r\n" in text else "\n"
    last = block.members[-1] if block.members else None
    if last is not None and "\n" not in text[block.start : last.start]:
        inline = json.dumps(value, ensure_ascii=False)
        return f"{text[: last.end]}, {name}: {inline}{text[last.end :]}"
    unit = _unit(text)
    own = _indent(text, last.start) if last is not None else _indent(text, block.start) + unit
    written = json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", line + own)
    if last is not None:
        return f"{text[: last.end]},{line}{own}{name}: {written}{text[last.end :]}"
    outer = _indent(text, block.start)
    return f"{text[: block.start + 1]}{line}{own}{name}: {written}{line}{outer}{text[block.end :]}"


def _indent(text: str, at: int) -> str:
    """White space that begins the line of a position."""
    begin = text.rfind("\n", 0, at) + 1
    found = re.compile(r"[ \t]*").match(text, begin, at)
    return found[0] if found else ""


def _unit(text: str) -> str:
    """What one level is indented by."""
    root = _block(text, _skip(text, 0))
    own = _indent(text, root.members[0].start) if root.members else ""
    outer = _indent(text, root.start)
    return own.removeprefix(outer) or UNIT

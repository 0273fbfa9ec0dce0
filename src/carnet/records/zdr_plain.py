"""Whether zero data retention covers a body, told from one reading of it where that is certain.

A body that is written as this process would write it itself says every name once, and nothing in it can be read in two
ways. Of any other body, and of one that may meet a rule, nothing is told here: zdr.outside judges those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from carnet.records.zdr import DEEPEST, among

if TYPE_CHECKING:
    from carnet.records.zdr import ZdrTerms

MOST = 1 << 20
"""Bytes of a body that are read at once: the values in it may take twenty times its room."""

_MOST_WORDS, _LONGEST_WORD = 200, 100
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Plain:
    """One organisation's terms, ready to be asked."""

    __slots__ = ("_blocks", "_fields", "_models", "_terms", "_tools")

    def __init__(self, terms: ZdrTerms) -> None:
        self._terms = terms
        self._fields = frozenset((*terms.any.fields, "anthropic_beta"))
        self._models: set[str] = set()
        """Models that were found to be covered; and so on."""
        self._tools: set[str] = set()
        self._blocks: set[str] = set()

    def covers(self, body: bytes) -> bool:
        """Whether nothing in a body is outside. False: it may be, or it cannot be told so quickly."""
        said = _object(body)
        if said is None or not self._fields.isdisjoint(said):
            return False
        model = said.get("model", "")
        if type(model) is not str or (model not in self._models and not self._is_model(model)):
            return False
        if "tools" in said and not self._tools_covered(said["tools"]):
            return False
        kinds: set[str] = set()
        if not _messages_read(said.get("messages"), kinds):
            return False
        if "system" in said and not _read(said["system"], kinds, 0):
            return False
        return not kinds or kinds <= self._blocks or self._are_blocks(kinds)

    def _is_model(self, model: str) -> bool:
        return not among(self._terms.any.models, (model,)) and _remember(self._models, {model})

    def _are_blocks(self, kinds: set[str]) -> bool:
        return not among(self._terms.any.blocks, kinds) and _remember(self._blocks, kinds)

    def _tools_covered(self, tools: object) -> bool:
        kinds: set[str] = set()
        if type(tools) is not list or not _gathered(tools, kinds, "custom"):
            return False
        return kinds <= self._tools or self._are_tools(kinds)

    def _are_tools(self, kinds: set[str]) -> bool:
        inside = self._terms.inside.tools
        if among(self._terms.any.tools, kinds) or not all(among(inside, (kind,)) for kind in kinds):
            return False
        return _remember(self._tools, kinds)


def _object(body: bytes) -> dict[str, object] | None:
    """The object a body is, if it is written as it would be written here."""
    if len(body) > MOST:
        return None
    try:
        said = _decode(body)
        return said if type(said) is dict and _encode(said) == body else None
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None


def _remember(known: set[str], more: set[str]) -> bool:
    if len(known) < _MOST_WORDS:
        known |= {one for one in more if len(one) < _LONGEST_WORD}
    return True


def _messages_read(messages: object, kinds: set[str]) -> bool:
    if messages is None:
        return True
    if type(messages) is not list:
        return False
    for message in messages:
        if type(message) is not dict:
            return False
        content = message.get("content")
        if type(content) is not str and not _read(content, kinds, 0):
            return False
    return True


def _read(content: object, kinds: set[str], depth: int) -> bool:
    """Gather the types of blocks, of where they come from, and of the blocks in them. False: that cannot be told."""
    if type(content) is dict:
        content = [content]
    if type(content) is not list:
        return True
    if depth >= DEEPEST or not _gathered(content, kinds, ""):
        return False
    inner = [one for block in content for one in (block.get("source"), block.get("content")) if one is not None]
    return all(_read(one, kinds, depth + 1) for one in inner)


def _gathered(things: list[object], kinds: set[str], otherwise: str) -> bool:
    """Gather what these objects say they are; False where they are none, or say it otherwise than in a word."""
    for thing in things:
        if type(thing) is not dict:
            return False
        kind = thing.get("type", "")
        if kind is not None and type(kind) is not str:
            return False
        kinds.add(kind or otherwise)
    return True

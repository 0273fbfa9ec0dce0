"""What of a request is outside zero data retention, as the pack's data says. What cannot be read is outside."""

from __future__ import annotations

import re
import tomllib
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError
from carnet.packs import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


class ZdrRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One thing that is outside, however it is asked for."""

    id: str
    means: str
    providers: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    betas: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()


class Inside(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is covered. Of these kinds of things, everything else is not."""

    paths: tuple[str, ...]
    providers: tuple[str, ...]
    tools: tuple[str, ...]
    path_means: str
    provider_means: str
    tool_means: str


class ZdrTerms(msgspec.Struct, forbid_unknown_fields=True, frozen=True, dict=True):
    """zdr.toml."""

    inside: Inside
    rule: tuple[ZdrRule, ...]

    @cached_property
    def any(self) -> ZdrRule:
        """One rule that is met where any of the rules is."""
        kinds = ("providers", "paths", "betas", "models", "tools", "fields", "blocks")
        together = {
            kind: tuple(dict.fromkeys(one for rule in self.rule for one in getattr(rule, kind))) for kind in kinds
        }
        return ZdrRule("any", "", **together)


class _Key(str):
    """A name in an object, equal to nothing but itself: names that stand there twice are both seen."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


Object = dict[str, msgspec.Raw]


class _Asked(msgspec.Struct):
    """What a body asks for, as far as a rule can read it."""

    model: str = ""
    fields: frozenset[str] = frozenset()
    """Those that are neither null nor empty."""
    tools: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    betas: tuple[str, ...] = ()


_OBJECT = msgspec.json.Decoder(dict[_Key, msgspec.Raw], dec_hook=lambda _, name: _Key(name))
_OBJECTS = msgspec.json.Decoder(list[dict[_Key, msgspec.Raw]], dec_hook=lambda _, name: _Key(name))
_TEXTS = msgspec.json.Decoder(list[str])
_TEXT = msgspec.json.Decoder(str)
_TYPE = msgspec.json.Decoder(str | None)
DEEPEST = 8
"""Levels of blocks: the API has three, and each is read again for the one above."""
_NOTHING = {b"null", b"[]", b"{}", b'""'}
UNREADABLE = (
    "What this request asks for cannot be read for certain, so nobody can tell that it is covered. (unreadable)"
)


def outside(
    path: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    body: bytes,
    provider: str = "anthropic",
    terms: ZdrTerms | None = None,
) -> str | None:
    """Why a request is outside zero data retention, in words for the client; None where nothing is.

    The body is read as any reader of it might: two fields of one name, or an encoding, make it unreadable.
    """
    terms = terms or load_terms()
    encodings, tokens = _told(headers)
    try:
        asked = _asked(body) if body else _Asked()
        plain = path.partition(b"?")[0].decode("ascii")
    except (msgspec.DecodeError, ValueError, RecursionError):
        return UNREADABLE
    if any(value.strip().lower() != b"identity" for value in encodings):
        return UNREADABLE
    betas = [*asked.betas, *tokens]
    if _meets(terms.any, plain, betas, asked, provider):  # most meet no rule: one look tells
        for rule in terms.rule:
            if _meets(rule, plain, betas, asked, provider):
                return f"{rule.means} ({rule.id})"
    return _beyond(terms.inside, plain, asked, provider)


def _meets(rule: ZdrRule, path: str, betas: Sequence[str], asked: _Asked, provider: str) -> bool:
    return (
        provider in rule.providers
        or _lies_in(rule.paths, path)
        or among(rule.betas, betas)
        or among(rule.models, (asked.model,))
        or among(rule.tools, asked.tools)
        or among(rule.blocks, asked.blocks)
        or not asked.fields.isdisjoint(rule.fields)
    )


def _beyond(inside: Inside, path: str, asked: _Asked, provider: str) -> str | None:
    if provider not in inside.providers:
        return f"{inside.provider_means} (provider {provider})"
    if not any(_is_path(one, path) for one in inside.paths):
        return f"{inside.path_means} (path)"
    if any(not among(inside.tools, (tool,)) for tool in asked.tools):
        return f"{inside.tool_means} (tool)"
    return None


def _is_path(pattern: str, path: str) -> bool:
    """A * stands for one plain part of a path."""
    if not pattern.endswith("/*"):
        return path == pattern
    above, _, part = path.rpartition("/")
    return above == pattern[:-2] and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@:-]*", part) is not None


def _lies_in(folders: tuple[str, ...], path: str) -> bool:
    """Whether it is one of these, or below one of them."""
    return path.startswith(folders) and any(path == one or path.startswith(f"{one}/") for one in folders)


def among(patterns: tuple[str, ...], words: Iterable[str]) -> bool:
    """Whether one of these words is meant by one of these patterns."""
    whole, begun = _split(patterns)
    for word in words:
        folded = word.casefold()
        if folded in whole or folded.startswith(begun):
            return True
    return False


@lru_cache(1024)
def _split(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Words that are meant as they are, and what those begin with of which the rest is free."""
    whole = frozenset(one for one in patterns if not one.endswith("*"))
    return whole, tuple(one[:-1] for one in patterns if one.endswith("*"))


def _told(headers: Iterable[tuple[bytes, bytes]]) -> tuple[list[bytes], list[str]]:
    """(content encodings, tokens of betas)."""
    encodings, tokens = [], []
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-encoding":
            encodings.append(value)
        elif lower == b"anthropic-beta":
            tokens += [token.strip() for token in value.decode("latin-1").split(",")]
    return encodings, tokens


def _asked(body: bytes) -> _Asked:
    """Raises ValueError or DecodeError for a body that two readers could take for two."""
    fields = {name: value for name, value in _once(_OBJECT.decode(body)).items() if bytes(value) not in _NOTHING}
    return _Asked(
        model=_TEXT.decode(fields["model"]) if "model" in fields else "",
        fields=frozenset(fields),
        tools=tuple(_type(one) or "custom" for one in _objects(fields.get("tools"))),
        blocks=tuple(_blocks_of_messages(fields)),
        betas=tuple(_TEXTS.decode(fields["anthropic_beta"])) if "anthropic_beta" in fields else (),
    )


def _blocks_of_messages(fields: Object) -> Iterator[str]:
    for message in _objects(fields.get("messages")):
        yield from _blocks(message.get("content"))
    yield from _blocks(fields.get("system"))


def _blocks(content: msgspec.Raw | None, depth: int = 0) -> Iterator[str]:
    """Types of blocks, of where they come from, and of the blocks in them."""
    if depth > DEEPEST:
        raise ValueError("blocks within blocks within blocks")
    opening = bytes(memoryview(content)[:1]) if content is not None else b""
    for block in _objects(content) if opening == b"[" else [_object(content)] if opening == b"{" else []:
        yield _type(block)
        yield from _blocks(block.get("source"), depth + 1)
        yield from _blocks(block.get("content"), depth + 1)


def _type(thing: Object) -> str:
    return (_TYPE.decode(thing["type"]) or "") if "type" in thing else ""


def _objects(data: msgspec.Raw | None) -> list[Object]:
    return [] if data is None else [_once(one) for one in _OBJECTS.decode(data)]


def _object(data: msgspec.Raw | None) -> Object:
    return {} if data is None else _once(_OBJECT.decode(data))


def _once(found: dict[_Key, msgspec.Raw]) -> Object:
    """The object, if no name stands in it twice. Only what was decoded is read further, and only where a rule looks."""
    plain = {str.__str__(name): value for name, value in found.items()}
    if len(plain) != len(found):
        raise ValueError("a name stands twice in one object")
    return plain


@cache
def load_terms() -> ZdrTerms:
    """The terms of the pack `carnet`."""
    return read_terms(named("carnet").folder / "zdr.toml")


def read_terms(file: Path) -> ZdrTerms:
    """Read terms. Raises CarnetError naming the file."""
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), ZdrTerms)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CarnetError(f"{file}: cannot be read as terms of zero data retention: {error}") from error

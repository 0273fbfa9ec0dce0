"""What a response says of itself: model, tokens, why it stopped."""

from __future__ import annotations

import msgspec

LONGEST = 200
"""Characters of a model's name or a reason that are believed to be one."""


class Usage(msgspec.Struct, frozen=True, gc=False):
    """None: the response did not say."""

    model: str = ""
    input: int | None = None
    output: int | None = None
    cache_written: int | None = None
    cache_read: int | None = None
    stop_reason: str = ""
    error: str = ""
    """Type of the error in the body or the stream."""
    events: int = 0
    """Events of a stream; 0 for a body in one piece."""
    unread: str = ""
    """Why the copy could not be read to its end; empty: it could."""

    @property
    def tokens(self) -> int:
        """All that count against a limit."""
        tokens = 0
        for one in (self.input, self.output, self.cache_written):
            if one and one > 0:
                tokens += one
        return tokens


class _Tokens(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _Named(msgspec.Struct):
    type: str = ""


class _Delta(msgspec.Struct):
    stop_reason: str | None = None


class _Message(msgspec.Struct):
    model: str = ""
    usage: _Tokens | None = None


class Said(msgspec.Struct):
    """A message, an error, or an event of a stream: of each the parts that are read here."""

    type: str = ""
    model: str = ""
    stop_reason: str | None = None
    usage: _Tokens | None = None
    message: _Message | None = None
    delta: _Delta | None = None
    error: _Named | None = None


_NONE = _Tokens()
_decode = msgspec.json.Decoder(Said).decode


def read(text: bytes) -> Said | None:
    """One JSON value; None where it is nothing of this kind."""
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def with_said(usage: Usage, said: Said) -> Usage:
    """What was known, and what this adds. Later numbers stand for the whole, as the API sends them."""
    message = said.message
    tokens = said.usage or (message.usage if message else None) or _NONE
    reason = said.stop_reason or (said.delta.stop_reason if said.delta else None)
    return Usage(
        _short(message.model if message else said.model) or usage.model,
        _later(tokens.input_tokens, usage.input),
        _later(tokens.output_tokens, usage.output),
        _later(tokens.cache_creation_input_tokens, usage.cache_written),
        _later(tokens.cache_read_input_tokens, usage.cache_read),
        _short(reason) or usage.stop_reason,
        _short(said.error.type) if said.error else usage.error,
        usage.events,
        usage.unread,
    )


def _later(new: int | None, old: int | None) -> int | None:
    return old if new is None else new


def _short(text: str | None) -> str:
    return (text or "")[:LONGEST]

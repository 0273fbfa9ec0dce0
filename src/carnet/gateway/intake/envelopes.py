"""Sentry envelopes: a line of header, then items: each a line of header and a payload, counted or to the line's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from carnet.gateway.intake.contract import RefusedError
from carnet.gateway.intake.halves import decoded_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ITEMS = 1000
LONGEST_HEAD = 64 << 10
"""Bytes of a line of header."""
_ANY = msgspec.json.Decoder()


class EnvelopeItem(msgspec.Struct, frozen=True, gc=False):
    """One item, its payload unread."""

    type: str
    payload: bytes


def parted(body: bytes) -> tuple[Mapping[str, object], list[EnvelopeItem]]:
    """Header and items. Raises RefusedError where what is claimed and what is there differ: then nothing is taken."""
    header, at = _head(body, 0)
    items: list[EnvelopeItem] = []
    while at < len(body):
        if body[at : at + 1] == b"\n":  # an empty line ends an envelope; some clients write several
            at += 1
            continue
        if len(items) == MOST_ITEMS:
            raise RefusedError(413, f"The envelope has more than {MOST_ITEMS} items.")
        head, at = _head(body, at)
        payload, at = _payload(body, at, head.get("length"))
        kind = head.get("type")
        items.append(EnvelopeItem(kind if isinstance(kind, str) else "", payload))
    return header, items


def _head(body: bytes, at: int) -> tuple[Mapping[str, object], int]:
    end = body.find(b"\n", at, at + LONGEST_HEAD)
    if end < 0:
        end = len(body)
    if end - at > LONGEST_HEAD:
        raise RefusedError(400, "A header of the envelope does not end.")
    data = body[at:end]
    try:
        found = _ANY.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    return (found if isinstance(found, dict) else json_object(data, "a header of the envelope")), end + 1


def _payload(body: bytes, at: int, length: object) -> tuple[bytes, int]:
    if length is None:
        end = body.find(b"\n", at)
        end = len(body) if end < 0 else end
    elif isinstance(length, int) and not isinstance(length, bool) and 0 <= length <= len(body) - at:
        end = at + length
    elif length == 0 and at > len(body):  # the item's header is the last byte
        return b"", at
    else:
        raise RefusedError(400, "An item of the envelope is not as long as its header says.")
    if body[end : end + 1] not in {b"\n", b""}:
        raise RefusedError(400, "An item of the envelope does not end where its header says.")
    return body[at:end], end + 1


def json_object(data: bytes, what: str, decoder: msgspec.json.Decoder[Any] = _ANY) -> dict[str, object]:
    """A JSON object. Raises RefusedError for anything else, repeating nothing of it."""
    found = json_value(data, what, decoder)
    if not isinstance(found, dict):
        raise RefusedError(400, f"There is something else where {what} should be: a JSON object is wanted.")
    return found


def json_value(data: bytes, what: str, decoder: msgspec.json.Decoder[Any] = _ANY) -> object:
    try:
        return decoded_whole(decoder, data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RefusedError(400, f"There is no JSON, or some that is nested too deep, where {what} should be.") from None

"""The survey: a rating, and nothing else. Whoever sends more is told so, and nothing of it is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import msgspec

from carnet.gateway.intake.contract import Endpoint, Item, RefusedError, Reply, Taken
from carnet.gateway.intake.own import refuse, texts

if TYPE_CHECKING:
    from carnet.gateway.intake.contract import Asked, Means

MOST = 1024
_WANTED = 'The body is {"rating": R} with R one of 1, 2, 3 and "dismiss", and no other field. Nothing was kept.'


class _Rating(msgspec.Struct, forbid_unknown_fields=True):
    rating: Literal[1, 2, 3, "dismiss"]


_DECODER = msgspec.json.Decoder(_Rating)


def take(asked: Asked, body: bytes, means: Means) -> Taken:
    """A rating, without whose it is, of which session and at what time of the day."""
    del asked, means
    try:
        rating = _DECODER.decode(body).rating
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RefusedError(422, _WANTED) from None
    if len(json.loads(body, object_pairs_hook=list)) != 1:  # a name twice: two readers would read two ratings
        raise RefusedError(422, _WANTED)
    item = Item("rating", "survey", "", msgspec.json.encode({"rating": rating}))
    return Taken(Reply(200, b'{"kept":true}'), (item,), discarded=Reply(200, b'{"kept":false}'))


SURVEY = Endpoint("survey", texts, take, refuse, most=MOST, spooled=False)
"""Not spooled: a draft that waits has its account's name with it."""

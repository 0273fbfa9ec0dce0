"""The head of a request as a client sends it again and again: only the length of what follows differs.

A head that was parsed once need not be parsed again. Of it the places, a digest under a key of this process and what
was read in it are remembered, for one connection; the credential in it is not.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.accounts.keys import Shown
    from carnet.gateway.intake.contract import Asked, Endpoint

END = b"\r\n\r\n"
LONGEST_HEAD = 4096
_LENGTH = re.compile(rb"\r\ncontent-length: ?(\d{1,8})\r\n", re.IGNORECASE)
_OTHER = re.compile(
    rb"\r\n(?:transfer-encoding|expect|upgrade|content-length|trailer|connection(?!: keep-alive\r\n))\s*:",
    re.IGNORECASE,
)
"""What has a say in how a request is read, or what becomes of its connection."""
_CREDENTIALS = {"authorization", "x-api-key", "x-sentry-auth", "statsig-api-key", "cookie"}
_IN_QUERY = {"sentry_key", "k"}
_KEY = os.urandom(32)


@dataclass(frozen=True, slots=True)
class Usual:
    """A head that was parsed, and what it said."""

    start: int
    """Where the digits of its length begin."""
    tail: int
    """Bytes of the head behind them."""
    digest: bytes = field(repr=False)
    """Of all but these digits."""
    endpoint: Endpoint
    asked: Asked
    """Without what it was let in with."""
    shown: Shown

    def body_in(self, data: bytes) -> bytes | None:
        """The body, where data is one request with this head and all of its body; None: it must be parsed."""
        end = data.find(b"\r", self.start, self.start + 9)
        digits = data[self.start : end]
        at = end + self.tail
        if end < 0 or not digits.isdigit() or len(data) - at != int(digits):
            return None
        return data[at:] if _digest(data[: self.start], data[end:at]) == self.digest else None


def usual_of(data: bytes, body: bytes, endpoint: Endpoint, asked: Asked, shown: Shown) -> Usual | None:
    """The head of a request that was parsed to be all of some data; None where it has anything unusual."""
    size = data.find(END) + len(END)
    head = data[:size]
    found = _LENGTH.search(head)
    if found is None or size > LONGEST_HEAD or data[size:] != body or int(found[1]) != len(body):
        return None
    before, after = head[: found.start(1)], head[found.end(1) :]
    if b" HTTP/1.1\r\n" not in before or len(_OTHER.findall(head)) != 1:
        return None
    headers = {name: one for name, one in asked.headers.items() if name not in {*_CREDENTIALS, "content-length"}}
    query = {name: one for name, one in asked.query.items() if name not in _IN_QUERY}
    bare = replace(asked, headers=headers, query=query)
    return Usual(found.start(1), len(after), _digest(before, after), endpoint, bare, shown)


def _digest(before: bytes, after: bytes) -> bytes:
    return blake2b(b"%d %b%b" % (len(before), before, after), digest_size=16, key=_KEY).digest()

"""Heads of requests that come again: what was made of one the last time, while all of that still holds.

A client sends the same head with each request, but for the length of the body. Once such a head was read, admitted and
relayed on the long way, twice, what came of it is remembered under a digest of its bytes: the head read, who was
admitted, the head that goes upstream. A request whose head has that digest goes on from there. Whatever is in any way
unusual goes the long way, untouched: only that way refuses anything.

Of a head nothing but the length's digits is cut out, and where they stood is told in what is digested: two heads of one
digest are read alike. The digest is salted, so that no table of this process helps to find a key.
"""

from __future__ import annotations

import os
import re
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from carnet.gateway.contract import Recording
from carnet.gateway.errors import Refused
from carnet.gateway.forwarding import keeps_alive, request_head
from carnet.gateway.heads import END
from carnet.gateway.plain_exchange import PlainExchange
from carnet.gateway.recorded_exchange import RecordedExchange

if TYPE_CHECKING:
    from carnet.gateway.contract import Admitted, Asked, Standing
    from carnet.gateway.counting import Subjects
    from carnet.gateway.incoming import Incoming
    from carnet.gateway.relay import Relay
    from carnet.gateway.upstreams import Upstream

MOST = 1024
"""Heads that are remembered; the oldest go first."""
LONGEST = 4096
"""Bytes of a head that is remembered."""
_SPELT = b"ontent-length: ", b"ontent-Length: "
"""How clients write the header whose digits are cut out; what is written otherwise goes the long way."""
_BEHIND = len(_SPELT[0])
_DIGITS = 15
_OTHERWISE = frozenset({b"expect", b"cookie", b"proxy-authorization"})
"""What has one of these goes the long way: it asks for more than its bytes say, or is to be held by nobody."""
_FRAMED = re.compile(rb"(?i)\r\ncontent-length: ([0-9]+)\r\n")


class Remembered(msgspec.Struct, gc=False):
    """What was made of a head."""

    asked: Asked
    digits: bytes
    """The length in it, as it was written."""
    admitted: Admitted
    standing: Standing
    subjects: Subjects
    """Whom its limits are counted for."""
    uncopied: bool
    """Nobody needs to see what passes: it is not recorded, and no tokens are counted."""
    known: object
    """The upstreams that were known then."""
    upstream: Upstream
    others: tuple[Upstream, ...]
    """Those it may go to after that one."""
    before: bytes
    """The head for that upstream, up to the length's digits."""
    after: bytes

    def asked_with(self, digits: bytes) -> Asked:
        """The same request with another length."""
        asked = self.asked
        return asked if digits == self.digits else msgspec.structs.replace(asked, head=asked.head.resized(digits))


class Familiar:
    """The heads that one relay has seen."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._most = relay.bounds.head
        self._largest = relay.bounds.body
        self._salt = os.urandom(32)
        self._spelt = _SPELT[0]
        """As it was found last."""
        self._heads: dict[bytes, Remembered | None] = {}
        """None: it was seen once, and is remembered when it comes again."""

    def begun(self, client: Incoming, data: bytes, now: float) -> tuple[PlainExchange, int, int] | None:
        """What a read of a client begins, if it begins with a head that is remembered; size and start of its body.

        Nothing may follow the body: None for whatever goes the long way.
        """
        end = data.find(END, 0, self._most)
        at = data.find(self._spelt, 0, end)
        if at < 0:
            self._spelt = _SPELT[self._spelt is _SPELT[0]]  # the next one most likely comes from the same client
            at = data.find(self._spelt, 0, end)
        at += _BEHIND
        stop = data.find(b"\r", at, at + _DIGITS + 1)
        digits = data[at:stop]
        if end < 0 or at < _BEHIND or not digits.isdigit():
            return None
        remembered = self._heads.get(self._mark(client.mark, data[:at], data[stop:end]))
        if remembered is None:
            return None
        size, start, relay = int(digits), end + 4, self._relay
        if not 0 < size <= self._largest or len(data) - start > size or relay.ending:
            return None
        if remembered.known is not relay.upstreams.known or not remembered.standing.holds(now):
            return None
        held = relay.counting.enter(remembered.subjects, now)
        if isinstance(held, Refused):
            return None
        exchange: PlainExchange
        if remembered.uncopied:  # where nobody keeps the head, nobody reads in it how long the body is
            exchange = PlainExchange(relay, client, remembered.asked, remembered.admitted, held, now)
        else:
            exchange = RecordedExchange(relay, client, remembered.asked_with(digits), remembered.admitted, held, now)
        exchange.remembered = remembered
        return exchange, size, start

    def _mark(self, peer: bytes, before: bytes, after: bytes) -> bytes:
        """A head's digest; no head that was read has the byte that stands for its digits."""
        return blake2b(b"%b%b\0%b\0%b" % (self._salt, peer, before, after), digest_size=16).digest()

    def see(self, client: Incoming, raw: bytes, asked: Asked, admitted: Admitted) -> None:
        """Take note of a head that was admitted on the long way; the second time, remember what came of it."""
        head = asked.head
        framed = _FRAMED.search(raw)
        if framed is None or len(framed[1]) > _DIGITS or head.method != b"POST" or len(raw) > LONGEST:
            return
        if not keeps_alive(head) or not _OTHERWISE.isdisjoint(head.names):
            return
        at, stop = framed.span(1)
        if not raw[:at].endswith(_SPELT):
            return
        mark = self._mark(client.mark, raw[:at], raw[stop:-4])
        found = self._remembered(asked, admitted, framed[1]) if mark in self._heads else None
        self._heads.pop(mark, None)
        self._heads[mark] = found
        if len(self._heads) > MOST:
            del self._heads[next(iter(self._heads))]

    def _remembered(self, asked: Asked, admitted: Admitted, digits: bytes) -> Remembered | None:
        relay = self._relay
        standing = None if relay.admission is None else relay.admission.standing(asked, admitted)
        ways = relay.upstreams.ways(admitted.upstreams, asked.format.name, relay.clock())
        if standing is None or not ways or relay.upstreams.down:
            return None
        raw = request_head(asked.head, asked.format, ways[0], int(digits))
        framed = _FRAMED.search(raw)
        if framed is None:
            return None
        subjects = relay.subjects(admitted)
        return Remembered(
            asked=msgspec.structs.replace(asked, head=asked.head.veiled(asked.format.credentials)),
            digits=digits,
            admitted=admitted,
            standing=standing,
            subjects=subjects,
            uncopied=admitted.recording is Recording.NONE and not any(limits.tokens for _, _, limits in subjects.named),
            known=relay.upstreams.known,
            upstream=ways[0],
            others=tuple(ways[1:]),
            before=raw[: framed.start(1)],
            after=raw[framed.end(1) :],
        )

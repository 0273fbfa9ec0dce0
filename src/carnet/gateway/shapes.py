"""Heads of responses alike but for their values: an upstream names the same headers in the same order each time.

Of a head whose names are known nothing but its values and its length is left to look at. A shape is learned from a
head that was judged (heads.whole_response), when it comes for the second time.
"""

from __future__ import annotations

import re

from carnet.gateway.heads import whole_response

MOST = 8
"""Shapes that are known at once; the one that was not met for longest goes."""
LEARNED = 100
"""Shapes that a process learns in its life: to learn one takes a millisecond, of a head with very many headers ten."""
LONGEST = 4096
"""Bytes of a head that is learned from."""
_SEEN = 64
_VALUE = rb"[\t\x20-\x7e\x80-\xff]*+"
_LENGTH = rb"[ \t]*([0-9]{1,15})"


class Shapes:
    """Shapes of heads that one process has learned."""

    __slots__ = ("_known", "_learned", "_seen")

    def __init__(self) -> None:
        self._known: list[tuple[re.Pattern[bytes], int]] = []
        """With the status, the one that was met last at the front."""
        self._learned = 0
        self._seen: set[int] = set()
        """Hashes of first lines and names: a head that never comes again costs no more than that."""

    def whole_response(self, data: bytes, most: int, most_headers: int) -> tuple[int, int] | None:
        """What heads.whole_response tells."""
        for known in self._known:
            found = known[0].match(data, 0, most)
            if found is not None:
                if known is not self._known[0]:
                    self._known.remove(known)
                    self._known.insert(0, known)
                end = found.end()
                return (known[1], end) if int(found[1]) == len(data) - end else None
        told = whole_response(data, most, most_headers)
        if told is not None and told[1] <= LONGEST and self._learned < LEARNED:
            self._learn(told[0], data[: told[1]])
        return told

    def _learn(self, status: int, head: bytes) -> None:
        first, *lines = head[:-4].split(b"\r\n")
        names = [line.partition(b":")[0] for line in lines]
        seen = hash((first, *names))
        if seen in self._seen:
            shape = b"\r\n".join((re.escape(first), *map(_of, names))) + b"\r\n\r\n"
            self._known.insert(0, (re.compile(shape), status))
            del self._known[MOST:]
            self._learned += 1
            return
        if len(self._seen) >= _SEEN:
            self._seen.clear()
        self._seen.add(seen)


def _of(name: bytes) -> bytes:
    return re.escape(name) + b":" + (_LENGTH if name.lower() == b"content-length" else _VALUE)

"""Bodies as they arrive: how a message is framed, and its payload without the framing.

Ours and not httptools': what follows a body must stay where it is (the next request), and a body that is refused must
be refused at the byte that says so. Tests hold it against llhttp.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from carnet.gateway.errors import MalformedError

if TYPE_CHECKING:
    from carnet.gateway.heads import Pair, RequestHead, ResponseHead

CHUNKED = -1
UNTIL_CLOSE = -2
"""Stand where a length stands: a body in chunks, a body that ends with the connection."""

MOST_TRAILERS = 16 << 10
FRAMING = frozenset({b"content-length", b"transfer-encoding", b"host"})
"""What a reader that takes trailers for headers would frame the message by (RFC 9110, 6.5.1)."""
# No possessive groups below: Python 3.11 before its fifth patch does not match them as it should.
_LENGTH = re.compile(rb"[0-9]{1,15}")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})([ \t]*;[\t\x20-\x7e\x80-\xff]*+)?\r\n")
_OUR_SIZE = re.compile(rb"([1-9a-f][0-9a-f]{0,7})\r\n")
"""As forwarding.chunk writes it."""
_TRAILERS = re.compile(rb"(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]++):[ \t]*+([\t\x20-\x7e\x80-\xff]*+)\r\n)*\r\n")
_TRAILER = re.compile(rb"([^:\r\n]++):[ \t]*+([^\r\n]*+)\r\n")


def request_length(head: RequestHead) -> int:
    """Bytes of a request's body, or CHUNKED. Raises MalformedError where two readers could differ."""
    return _length(head, head.fields.get(b"transfer-encoding"), head.fields.get(b"content-length"), 0)


def response_length(head: ResponseHead, method: bytes) -> int:
    """Bytes of a response's body, CHUNKED or UNTIL_CLOSE. Raises MalformedError where two readers could differ."""
    if (
        head.only_length and (value := head.told[0][1]).isdigit() and len(value) <= 15
    ):  # nearly all that are not streams
        return 0 if method == b"HEAD" or head.status in {204, 304} else int(value)
    found = _length(head, head.value(b"transfer-encoding"), head.value(b"content-length"), UNTIL_CLOSE)
    return 0 if method == b"HEAD" or head.status in {204, 304} else found


def _length(head: RequestHead | ResponseHead, coding: bytes | None, length: bytes | None, otherwise: int) -> int:
    if coding is not None:
        if length is not None:
            raise MalformedError("there are both Content-Length and Transfer-Encoding")
        if coding.strip(b" \t").lower() != b"chunked" or not head.minor or head.names.count(b"transfer-encoding") > 1:
            raise MalformedError("the only transfer encoding is chunked, and HTTP/1.0 has none")
        return CHUNKED
    if length is None:
        return otherwise
    if not _LENGTH.fullmatch(length.strip(b" \t")) or head.names.count(b"content-length") > 1:
        raise MalformedError("Content-Length is not one decimal number")
    return int(length)


class Body(Protocol):
    """A body that is arriving."""

    ended: bool
    rest: bytes
    """Once it has ended: what came behind it."""
    trailers: tuple[Pair, ...]
    fault: MalformedError | None
    """Why nothing behind the payload that was given back can be read."""

    def feed(self, data: bytes) -> bytes:
        """The payload in it."""

    def whole_chunk(self, data: bytes) -> bytes | None:
        """The payload, where the data is one chunk, not the last, written as we would write it; None: feed it."""


def body_of(length: int, extension: int = 0) -> Body:
    """What reads a body of that framing; `extension` is how long a chunk extension may be."""
    if length == CHUNKED:
        return Chunked(extension)
    return Endless() if length == UNTIL_CLOSE else Counted(length)


class Counted:
    """A body of known length."""

    __slots__ = ("_left", "ended", "fault", "rest", "trailers")

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended = length == 0
        self.rest = b""
        self.trailers: tuple[Pair, ...] = ()
        self.fault: MalformedError | None = None

    def feed(self, data: bytes) -> bytes:
        size = len(data)
        if size < self._left:
            self._left -= size
            return data
        if size > self._left:
            data, self.rest = data[: self._left], data[self._left :]
        self._left = 0
        self.ended = True
        return data

    def whole_chunk(self, data: bytes) -> None:
        """There are no chunks."""


class Endless:
    """A body that ends when its connection does."""

    __slots__ = ("ended", "fault", "rest", "trailers")

    def __init__(self) -> None:
        self.ended = False
        self.rest = b""
        self.trailers: tuple[Pair, ...] = ()
        self.fault: MalformedError | None = None

    def feed(self, data: bytes) -> bytes:
        return data

    def whole_chunk(self, data: bytes) -> None:
        """There are no chunks."""


class Chunked:
    """A body in chunks, with trailers behind them."""

    __slots__ = ("_extension", "_held", "_last", "_left", "ended", "fault", "rest", "trailers")

    def __init__(self, extension: int = 0) -> None:
        self._extension = extension
        self._held = b""
        self._left = 0
        """Bytes of the chunk that are still to come, its line end included."""
        self._last = False
        self.ended = False
        self.rest = b""
        self.trailers: tuple[Pair, ...] = ()
        self.fault: MalformedError | None = None

    def feed(self, data: bytes) -> bytes:
        if self._held:
            data, self._held = self._held + data, b""
        parts: list[bytes] = []
        try:
            self._go_through(data, parts)
        except MalformedError as error:
            self.fault = error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def whole_chunk(self, data: bytes) -> bytes | None:
        found = _OUR_SIZE.match(data)
        if found is None or self._left or self._held or self._last:
            return None
        start = found.end()
        if len(data) - start - 2 != int(found[1], 16) or not data.endswith(b"\r\n"):
            return None
        return data[start:-2]

    def _go_through(self, data: bytes, parts: list[bytes]) -> None:
        at = 0
        while at < len(data) and not self.ended:
            step = self._trailers(data, at) if self._last else self._chunk(data, at, parts)
            if step == at:
                break
            at = step
        if self.ended:
            self.rest = data[at:]
        else:
            self._held = data[at:]

    def _chunk(self, data: bytes, at: int, parts: list[bytes]) -> int:
        """Where reading goes on; `at` itself: more must come first."""
        if not self._left:
            at = self._size(data, at)
            if not self._left:
                return at
        if self._left > 2:
            part = data[at : at + self._left - 2]
            self._left -= len(part)
            at += len(part)
            if part:
                parts.append(part)
        return self._line_end(data, at) if self._left <= 2 else at

    def _line_end(self, data: bytes, at: int) -> int:
        end = data[at : at + self._left]
        if end != b"\r\n"[2 - self._left :][: len(end)]:
            raise MalformedError("a chunk does not end where its size says")
        self._left -= len(end)
        return at + len(end)

    def _size(self, data: bytes, at: int) -> int:
        found = _SIZE.match(data, at)
        most = 16 + self._extension
        if found is None:
            end = data.find(b"\n", at, at + most)
            # as early as it can be known, and the same however the bytes arrive
            if end >= 0 or len(data) - at >= most or not _SIZE_BEGUN.fullmatch(data, at):
                raise MalformedError("the size of a chunk is no hexadecimal number")
            return at
        if len(found[2] or b"") > self._extension or found.end() - at > most:
            raise MalformedError("a chunk has an extension")
        size = int(found[1], 16)
        self._last = not size
        self._left = size + 2 if size else 0
        return found.end()

    def _trailers(self, data: bytes, at: int) -> int:
        found = _TRAILERS.match(data, at, at + MOST_TRAILERS)
        if found is None:
            if len(data) - at >= MOST_TRAILERS or not _judgeable(data, at):
                raise MalformedError("what follows the last chunk is no trailer")
            return at
        self.trailers = tuple((name, value) for name, value in _TRAILER.findall(data, at, found.end() - 2))
        if any(name.lower() in FRAMING for name, _ in self.trailers):
            raise MalformedError("a trailer says how the message is framed")
        self.ended = True
        return found.end()


_SIZE_BEGUN = re.compile(rb"[0-9A-Fa-f]{0,8}(?:[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*+)?)?\r?")


def _judgeable(data: bytes, at: int) -> bool:
    """Whether trailers that have not ended may yet be some."""
    return _TRAILERS_BEGUN.fullmatch(data, at) is not None


_TRAILERS_BEGUN = re.compile(
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e\x80-\xff]*+\r\n)*"
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]*+|[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e\x80-\xff]*+)\r?"
)

"""Heads of requests and responses: ordered raw pairs and lines, as they came, judged strictly.

Ours and not httptools' (llhttp), which reads them in the tests and must agree: lines repeat from request to request, so
each is judged once and remembered, which takes a third of the time of a call-back per header; llhttp lets pass what we
do not; and it cannot stop behind a message, nor knows it of responses to HEAD (see bodies).
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from carnet.gateway.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Sequence

Pair = tuple[bytes, bytes]

END = b"\r\n\r\n"
HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization",
    b"te", b"transfer-encoding", b"upgrade", b"http2-settings",  # codespell:ignore te
})  # fmt: skip
"""Of one connection only (RFC 9110, 7.6.1)."""
PLAIN = bytes([9, *range(32, 127), *range(128, 256)])
"""What a line may consist of. A head without these is its line ends."""
SINGLE = frozenset({
    b"host", b"content-length", b"transfer-encoding", b"content-type", b"expect",
    b"authorization", b"x-api-key", b"api-key",
})  # fmt: skip
"""A request that has two of one of these means two things to two readers."""

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]++):[ \t]*+([\t\x20-\x7e\x80-\xff]*+)")
_REQUEST = re.compile(rb"([A-Z]{1,20}) ([\x21-\x7e]++) HTTP/1\.([01])")
_RESPONSE = re.compile(
    rb"HTTP/1\.[01] [1-9][0-9]{2}(?: [\t\x20-\x7e\x80-\xff]*+)?\r\n"
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e\x80-\xff]*+\r\n)*\r\n"
)
_SPECIAL = (
    rb"(?i:connection|keep-alive|proxy-|te:|transfer-encoding|upgrade|http2-|content-length:)"  # codespell:ignore te
)
_PLAIN_LINES = (
    rb"(?:(?:[^CKPTUHckptuh\x00-\x20\"(),/:;<=>?@\[\\\]{}\x7f-\xff]|(?!%b)[CKPTUHckptuh])"
    rb"[!#$%%&'*+\-.^_`|~0-9A-Za-z]*+:[\t\x20-\x7e\x80-\xff]*+\r\n)*" % _SPECIAL
)
"""Headers that neither are of one connection only nor tell the body's length; the first letter mostly decides."""
_PLAIN_RESPONSE = re.compile(
    rb"HTTP/1\.1 ([2-9][0-9]{2}) [\t\x20-\x7e\x80-\xff]*+\r\n"
    rb"%b[Cc]ontent-[Ll]ength:[ \t]*([0-9]{1,15})\r\n%b\r\n" % (_PLAIN_LINES, _PLAIN_LINES)
)
_BODYLESS = frozenset({b"204", b"304"})
_NAMES = re.compile(rb"\n([^:\r\n]++):")
_TOLD = re.compile(rb"\n(%b):[ \t]*([^\r\n]*)" % b"|".join(sorted(HOP | {b"content-length"})))
_VERSION = re.compile(rb"[A-Z]+ [^ ]+ HTTP/[0-9]+(?:\.[0-9]+)?")

VEIL = b"(veiled)"
_SECRET = frozenset({b"authorization", b"x-api-key", b"api-key", b"proxy-authorization", b"cookie"})
_CREDENTIALS = _SECRET - {b"cookie"}
"""Where a credential belongs. None of them is passed on."""
_STRAY = re.compile(rb"sk-ant-|ck_[a-z2-7]{8}_[0-9A-Za-z]{46}")
_LONGEST = 160
_MOST = 4096
Line = tuple[bytes, Pair, Pair]
"""A header's name in lower case, its pair, and the pair with that name."""
_known: dict[bytes, Line] = {}
"""Lines as they came. Bounded; no credential, no long line."""


# Structs and not dataclasses: these are made for every request, in a fifth of the time.
class RequestHead(msgspec.Struct, frozen=True, gc=False):
    """A request without its body."""

    method: bytes
    target: bytes
    """As it came: path and query."""
    minor: int
    """Of HTTP/1.MINOR."""
    lines: Sequence[bytes]
    """The headers, each as it came."""
    pairs: tuple[Pair, ...]
    """The same, taken apart; white space around a value is not part of it."""
    names: tuple[bytes, ...]
    """Names of the pairs in lower case, in the same order."""
    fields: dict[bytes, bytes]
    """Lower-case name -> value, the last of several; never for writing the head again."""

    @property
    def path(self) -> bytes:
        return self.target.partition(b"?")[0]

    def resized(self, digits: bytes) -> RequestHead:
        """The same with another Content-Length, of which it has one."""
        return self._with(b"content-length", digits)

    def veiled(self, names: Sequence[bytes]) -> RequestHead:
        """The same without what stands in headers of these lower-case names, for a head that is held for long."""
        head = self
        for name in names:
            head = head._with(name, VEIL) if name in head.names else head
        return head

    def _with(self, name: bytes, value: bytes) -> RequestHead:
        at = self.names.index(name)
        written = self.pairs[at][0]
        lines = [*self.lines[:at], b"%b: %b" % (written, value), *self.lines[at + 1 :]]
        pairs = (*self.pairs[:at], (written, value), *self.pairs[at + 1 :])
        return msgspec.structs.replace(self, lines=lines, pairs=pairs, fields={**self.fields, name: value})


class ResponseHead(msgspec.Struct, frozen=True, dict=True):
    """A response without its body. What few ask for is taken apart when they do."""

    status: int
    minor: int
    raw: bytes
    """As it came, with its closing empty line."""
    told: Sequence[Pair]
    """Name and value, in lower case, of each header that is of one connection only or tells the body's length."""

    only_length: bool
    """It tells the body's length, once, and everything else goes on as it came."""

    @property
    def reason(self) -> bytes:
        """The words behind the status."""
        return self.raw[13 : self.raw.index(b"\r")]

    @cached_property
    def names(self) -> Sequence[bytes]:
        """Names of its headers in lower case, in their order."""
        found: list[bytes] = _NAMES.findall(self.raw.lower())
        return found

    @cached_property
    def lines(self) -> Sequence[bytes]:
        """The headers, each as it came."""
        return self.raw[:-4].split(b"\r\n")[1:]

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The same, taken apart."""
        return tuple(_judged(line)[1] for line in self.lines)

    @cached_property
    def fields(self) -> dict[bytes, bytes]:
        """Lower-case name -> value, the last of several."""
        return {name: value for name, (_, value) in zip(self.names, self.pairs, strict=True)}

    def value(self, name: bytes) -> bytes | None:
        """Of a header by its lower-case name, the last of several."""
        if name not in self.names:
            return None
        if self.names.count(name) > 1:
            return self.fields[name]
        return self.lines[self.names.index(name)].partition(b":")[2].strip(b" \t")


def parse_request(raw: bytes, most_headers: int = 200, most_target: int = 8192) -> RequestHead:
    """Read a head, its closing empty line included. Raises MalformedError saying what is wrong with it."""
    first, *lines = raw[:-4].split(b"\r\n")
    started = _REQUEST.fullmatch(first)
    if started is None:
        raise _no_request(raw, first)
    names, pairs, fields = _headers(lines)
    head = RequestHead(started[1], started[2], int(started[3]), lines, pairs, names, fields)
    _judge_request(head, most_headers, most_target)
    return head


def request_head(raw: bytes, most_headers: int, most_target: int) -> RequestHead:
    """The same. Of several faults the one is named that is named where the head arrives in parts."""
    try:
        return parse_request(raw, most_headers, most_target)
    except MalformedError:
        judge_begun(raw, 0)
        raise


def parse_response(raw: bytes, most_headers: int = 200) -> ResponseHead:
    """Read a response's head, its closing empty line included. Raises MalformedError."""
    if _RESPONSE.fullmatch(raw) is None:
        raise MalformedError("the head of the response is no HTTP/1.1")
    if raw.count(b"\n") - 2 > most_headers:
        raise MalformedError("the head of the response has too many headers")
    told = _TOLD.findall(raw.lower())
    only_length = len(told) == 1 and told[0][0] == b"content-length"
    return ResponseHead(int(raw[9:12]), raw[7] - 48, raw, told, only_length)


def whole_response(data: bytes, most: int = 64 << 10, most_headers: int = 200) -> tuple[int, int] | None:
    """Status and size of the head, where the data is one whole response that goes on as it came; else None.

    Not for the answer to a HEAD. What is told here is what `parse_response` would tell.
    """
    end = data.find(END, 0, most) + 4
    found = _PLAIN_RESPONSE.fullmatch(data, 0, end)
    if found is None or (end > 4 * most_headers and data.count(b"\n", 0, end) - 2 > most_headers):
        return None
    status, length = found.groups()
    if int(length) != len(data) - end or status in _BODYLESS:
        return None
    return int(status), end


def whole_head(status: int, size: int, response: bytes) -> ResponseHead:
    """The head of a response that `whole_response` told these of."""
    length = b"content-length", b"%d" % (len(response) - size)
    return ResponseHead(status, 1, response[:size], (length,), only_length=True)


def judge_begun(raw: bytes, judged: int) -> None:
    """Refuse the beginning of a head that nothing can mend; `judged` bytes of it were looked at before."""
    part = raw[max(judged - 1, 0) :]
    bare = part.count(b"\n") - part.count(b"\r\n") - (judged > 0 and part.startswith(b"\n"))
    if bare or part.translate(None, PLAIN + b"\r\n"):
        raise MalformedError(_BYTES)


_BYTES = "the head has a line end that is not CR LF, or a control character"


def _headers(
    lines: list[bytes],
) -> tuple[tuple[bytes, ...], tuple[Pair, ...], dict[bytes, bytes]]:
    if not lines:
        return (), (), {}
    known = _known.get
    names, pairs, items = zip(*[known(line) or _judged_of_request(line) for line in lines], strict=True)
    return names, pairs, dict(items)


def _judged(line: bytes) -> Line:
    found = _LINE.fullmatch(line)
    if found is None:
        raise _no_header(line)
    name = found[1].lower()
    value = found[2].rstrip(b" \t")
    read = name, (found[1], value), (name, value)
    if len(line) <= _LONGEST and name not in _SECRET and not _is_stray(value):
        if len(_known) >= _MOST:
            _known.clear()
        _known[line] = read
    return read


def _judged_of_request(line: bytes) -> Line:
    read = _judged(line)
    if read[0] not in _CREDENTIALS:
        _judge_stray(read[1][1])
    return read


def _no_header(line: bytes) -> MalformedError:
    if line.translate(None, PLAIN):
        return MalformedError(_BYTES)
    if line.startswith((b" ", b"\t")):
        return MalformedError("the head has a header that goes on in a next line")
    return MalformedError("the head has a line that is no header")


def _no_request(raw: bytes, first: bytes) -> MalformedError:
    ends = raw.translate(None, PLAIN)
    if ends != b"\r\n" * (len(ends) // 2):
        return MalformedError(_BYTES)
    if _VERSION.fullmatch(first) and not first.endswith((b" HTTP/1.1", b" HTTP/1.0")):
        return MalformedError("only HTTP/1.1 and HTTP/1.0 are spoken here", 505)
    return MalformedError("the first line is no request of HTTP/1.1")


def _judge_request(head: RequestHead, most_headers: int, most_target: int) -> None:
    if len(head.lines) > most_headers:
        raise MalformedError(f"more than {most_headers} headers", 431)
    target = head.target
    if len(target) > most_target:
        raise MalformedError(f"the address is longer than {most_target} bytes", 414)
    _judge_stray(target)
    if target[:1] != b"/" or target[:2] == b"//" or b"#" in target:
        raise MalformedError("the address must be a path: this is no forward proxy")
    if len(head.fields) != len(head.names):
        _judge_doubles(head)
    if not head.fields.get(b"host") and head.minor:
        raise MalformedError("there is no Host header")


def _is_stray(part: bytes) -> bool:
    return (b"sk-ant-" in part or b"ck_" in part) and _STRAY.search(part) is not None


def _judge_stray(part: bytes) -> None:
    """Refuse what would go on to the upstream, and into the record, with somebody's key or token in it."""
    if _is_stray(part):
        raise MalformedError(
            "a key or a token stands in the address or in a header that is passed on; it was neither sent nor kept. "
            "Show the key in x-api-key or Authorization, and nowhere else",
            why="stray-credential",
        )


def _judge_doubles(head: RequestHead) -> None:
    for name in SINGLE:
        if head.names.count(name) > 1:
            raise MalformedError(f"there is more than one {name.decode()} header")

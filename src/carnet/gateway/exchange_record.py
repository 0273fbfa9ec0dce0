"""One exchange as the body of a record: a line of what is known of it, then request and response byte for byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.gateway.contract import Asked, Ended, Timings
    from carnet.gateway.heads import ResponseHead

MAGIC = b"carnet-exchange 1\n"
SECRET = frozenset({
    b"authorization", b"x-api-key", b"api-key", b"proxy-authorization", b"cookie", b"set-cookie",
})  # fmt: skip
"""Headers whose values are never kept."""
_TOKEN = re.compile(rb"ck_[a-z2-7]{8}_|sk-ant-", re.IGNORECASE)
"""In whichever header: a key of ours or a token of the vendor's. Clients can be told to send headers of any name."""

_LONGEST, _MOST = 160, 4096
_known: dict[bytes, list[str]] = {}
"""Headers as they are kept, by their lines: most come again and again. Bounded; no credential, no long line."""


class Known(msgspec.Struct, frozen=True):
    """What is known of an exchange, beside its bytes."""

    request: dict[str, object]
    """method, target, headers, bytes."""
    response: dict[str, object]
    """status, headers, bytes; how it ended, and whether it was read to its end."""
    upstream: str
    agent: str
    parent_agent: str
    model: str
    usage: dict[str, int | None]
    stop_reason: str
    milliseconds: dict[str, int]


_encode = msgspec.json.Encoder().encode


def encoded(known: Known, request: bytes, response: Sequence[bytes]) -> bytes:
    return b"".join((MAGIC, _encode(known), b"\n", request, *response))


def decoded(body: bytes) -> tuple[Known, bytes, bytes]:
    """(what is known, request, response). Raises ValueError for anything else."""
    if not body.startswith(MAGIC):
        raise ValueError("this is no exchange")
    line, _, rest = body[len(MAGIC) :].partition(b"\n")
    known = msgspec.json.decode(line, type=Known)
    size = known.request.get("bytes")
    if not isinstance(size, int) or size > len(rest):
        raise ValueError("this is no whole exchange")
    return known, rest[:size], rest[size:]


def known_of(asked: Asked, request: bytes, head: ResponseHead | None, ended: Ended, names: Sequence[str]) -> Known:
    """What is known of an exchange that ended; `names` are the agent's and its parent's."""
    times, usage = ended.timings, ended.usage
    return Known(
        request={
            "method": asked.head.method.decode("latin-1"),
            "target": asked.head.target.decode("latin-1"),
            "headers": _headers(asked.head.lines),
            "bytes": len(request),
        },
        response={
            "status": ended.status,
            "headers": _headers(head.lines) if head else [],
            "bytes": ended.size,
            "ended": str(ended.how),
            "whole": ended.whole,
        },
        upstream=ended.upstream,
        agent=names[0],
        parent_agent=names[1],
        model=usage.model,
        usage={
            "input": usage.input,
            "output": usage.output,
            "cache_written": usage.cache_written,
            "cache_read": usage.cache_read,
        },
        stop_reason=usage.stop_reason,
        milliseconds=_milliseconds(times),
    )


def _milliseconds(times: Timings) -> dict[str, int]:
    """Since the request came, of whatever it came to."""
    since, found = times.received, {}
    if times.head:
        found["head"] = round((times.head - since) * 1000)
    if times.first:
        found["first"] = round((times.first - since) * 1000)
    if times.last:
        found["last"] = round((times.last - since) * 1000)
    if times.ended:
        found["ended"] = round((times.ended - since) * 1000)
    return found


def _headers(lines: Sequence[bytes]) -> list[list[str]]:
    known = _known.get
    return [known(line) or _shown(line) for line in lines]


def _shown(line: bytes) -> list[str]:
    name, _, value = line.partition(b":")
    value = value.strip(b" \t")
    if _is_secret(name, value):
        return [name.decode("latin-1"), "(not kept)"]
    shown = [name.decode("latin-1"), value.decode("latin-1")]
    if len(line) <= _LONGEST:
        if len(_known) >= _MOST:
            _known.clear()
        _known[line] = shown
    return shown


def _is_secret(name: bytes, value: bytes) -> bool:
    return name.lower() in SECRET or _TOKEN.search(value) is not None

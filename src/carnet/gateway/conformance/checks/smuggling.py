"""Requests that two readers read differently: refused, or passed on in one reading only; nothing hides behind them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.bodies import request_length
from carnet.gateway.conformance.check import Basis, Check, judged
from carnet.gateway.errors import MalformedError
from carnet.gateway.heads import parse_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.gateway.conformance.check import Told
    from carnet.gateway.conformance.trial import Trial
    from carnet.gateway.conformance.upstream import Arrival
    from carnet.gateway.conformance.wire import Wire

HIDDEN = b"carnet-hidden"
"""Stands in the address of a request that is hidden in another's body."""


@dataclass(frozen=True, slots=True)
class Case:
    """One such request."""

    id: str
    asks: str
    lines: Callable[[int], tuple[bytes, ...]]
    """Headers, given the body's length."""
    around: Callable[[bytes, bytes], bytes] = lambda body, _: body
    """What follows the head, given the body and a request to hide."""
    must: bool = True
    """It must be refused; otherwise it may also be passed on in one reading."""


def _length(size: int) -> bytes:
    return b"Content-Length: %d" % size


def _chunks(body: bytes, hidden: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n%b" % (len(body), body, hidden)


CASES = (
    Case(
        "cl-te",
        "Content-Length and Transfer-Encoding together",
        lambda size: (_length(size + 4096), b"Transfer-Encoding: chunked"),
        _chunks,
        must=False,
    ),
    Case(
        "te-cl",
        "Transfer-Encoding, and a Content-Length that ends inside it",
        lambda _: (b"Transfer-Encoding: chunked", b"Content-Length: 4"),
        lambda body, hidden: _chunks(body + hidden, b""),
        must=False,
    ),
    Case("cl-cl", "two lengths", lambda size: (_length(size), _length(size + 9)), lambda body, hidden: body + hidden),
    Case("cl-list", "a list of lengths", lambda size: (b"Content-Length: %d, %d" % (size, size + 9),)),
    Case("cl-plus", "a length with a sign", lambda size: (b"Content-Length: +%d" % size,)),
    Case("cl-space", "white space before the colon", lambda size: (b"Content-Length : %d" % size,)),
    Case(
        "te-unknown",
        "a transfer encoding that nobody knows",
        lambda _: (b"Transfer-Encoding: xchunked",),
        _chunks,
    ),
    Case(
        "te-folded",
        "a transfer encoding on a folded line",
        lambda size: (b"Transfer-Encoding:\r\n chunked", _length(size)),
        lambda body, hidden: body + hidden,
        must=False,
    ),
    Case(
        "folded",
        "a header that goes on in a next line",
        lambda size: (b"X-Carnet: a\r\n b", _length(size)),
        must=False,
    ),
    Case(
        "bare-cr",
        "a carriage return inside a value",
        lambda size: (b"X-Carnet: a\rX-Other: b", _length(size)),
        must=False,
    ),
    Case("nul", "a NUL inside a value", lambda size: (b"X-Carnet: a\x00b", _length(size))),
    Case("no-colon", "a line that is no header", lambda size: (b"X-Carnet", _length(size))),
    Case(
        "chunk-size-sign",
        "a chunk size with a sign",
        lambda _: (b"Transfer-Encoding: chunked",),
        lambda body, hidden: b"+" + _chunks(body, hidden),
    ),
    Case(
        "chunk-size-huge",
        "a chunk size beyond any number",
        lambda _: (b"Transfer-Encoding: chunked",),
        lambda body, hidden: b"fffffffffffffffff" + _chunks(body, hidden),
    ),
    Case(
        "chunk-end",
        "a chunk that is longer than it says",
        lambda _: (b"Transfer-Encoding: chunked",),
        lambda body, hidden: b"%x\r\n%bXX\r\n0\r\n\r\n%b" % (len(body), body, hidden),
    ),
)  # fmt: skip


async def _smuggle(trial: Trial, case: Case) -> Told:
    scene = trial.scene()
    body = trial.body(scene)
    # It shows no key: it can only arrive where the gateway did not see that it is a request.
    hidden = b"GET /v1/models?" + HIDDEN + b" HTTP/1.1\r\nHost: hidden\r\n\r\n"
    before = len(trial.upstream.arrivals)
    async with trial.wire() as wire:
        await wire.send(trial.head(b"POST /v1/messages", *case.lines(len(body))) + case.around(body, hidden))
        status = await _status(wire)
    after = await trial.post(trial.scene())
    arrivals = [one for one in trial.upstream.arrivals[before:] if after.scene.nonce not in one.body]
    faults = _faults(arrivals, scene.nonce, must=case.must)
    if after.answer.status != 200 or after.scene.nonce[-16:] not in after.answer.body:
        faults.append("the next request was not answered by its own answer")
    seen = f"answered {status}" if status else "the connection was ended"
    return judged(f"{seen}; {'passed on in one reading' if arrivals else 'nothing arrived'}", faults)


async def _status(wire: Wire) -> int:
    """Of the answer; 0 where the connection was ended instead."""
    try:
        return (await wire.head()).status
    except (OSError, EOFError):
        return 0


def _faults(arrivals: list[Arrival], nonce: bytes, *, must: bool) -> list[str]:
    found: dict[str, None] = {}
    for one in arrivals:
        if HIDDEN in one.target:
            found["the hidden request arrived as one of its own"] = None
        elif _ambiguous(one):
            found["it was passed on as ambiguous as it came"] = None
        elif must:
            found["it was passed on; it must be refused"] = None
        elif nonce not in one.body:
            found["another body arrived than the one that was sent"] = None
    return list(found)


def _ambiguous(arrival: Arrival) -> bool:
    if not arrival.sound:
        return True
    try:
        request_length(parse_request(arrival.head + b"\r\n\r\n", 1000, 1 << 16))
    except MalformedError:
        return True
    return False


CHECKS = tuple(
    Check(
        f"smuggling.{case.id}",
        Basis.HTTP,
        f"{case.asks}: refused" + ("" if case.must else ", or passed on in one reading"),
        partial(_smuggle, case=case),
    )
    for case in CASES
)

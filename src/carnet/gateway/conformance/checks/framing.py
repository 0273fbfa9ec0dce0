"""HTTP itself: responses without a body, encodings, 100-continue, trailers; the connection stays in step."""

from __future__ import annotations

import gzip
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.conformance.check import Basis, Check, failed, judged, not_tried, passed
from carnet.gateway.conformance.saying import JSON, always, answered, chunk, response
from carnet.gateway.errors import MalformedError

if TYPE_CHECKING:
    from carnet.gateway.conformance.check import Told
    from carnet.gateway.conformance.trial import Trial
    from carnet.gateway.conformance.upstream import Arrival, Way
    from carnet.gateway.conformance.wire import Answer, Wire

NO_BODY = {204: b"HTTP/1.1 204 No Content\r\n\r\n", 304: b'HTTP/1.1 304 Not Modified\r\netag: "carnet"\r\n\r\n'}
TRAILER = (b"x-carnet-trailer", b"kept")


async def _in_step(trial: Trial, wire: Wire) -> list[str]:
    """Faults of a next request on the same connection: none where it is answered by its own answer."""
    scene = trial.scene()
    body = trial.body(scene)
    with suppress(MalformedError, EOFError, OSError):
        await wire.send(trial.head(b"POST /v1/messages", size=len(body)) + body)
        answer = await wire.answer()
        if answer.status == 200 and scene.nonce[-16:] in answer.body:
            return []
    return ["the next request on that connection was not answered by its answer"]


def _closes(answer: Answer) -> bool:
    return b"close" in (answer.value(b"connection") or b"").lower()


async def _head(trial: Trial) -> Told:
    trial.scene(always(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n"))
    async with trial.wire() as wire:
        await wire.send(trial.head(b"HEAD /api/hello"))
        answer = await wire.head(b"HEAD")
        if _closes(answer):
            answer.whole, before = False, len(answer.body)
            await wire.rest(answer)
            return (
                passed(f"{answer.status} without a body") if len(answer.body) == before else failed("there is a body")
            )
        return judged(f"{answer.status} without a body, the connection in step", await _in_step(trial, wire))


async def _no_body(trial: Trial, status: int) -> Told:
    scene = trial.scene(always(NO_BODY[status]))
    async with trial.wire() as wire:
        await wire.send(trial.head(b"GET /v1/models?limit=1", b'If-None-Match: "carnet"'))
        answer = await wire.answer(b"GET")
        if not scene.arrivals:
            return not_tried("the gateway answers /v1/models itself")
        faults = [f"{status} became {answer.status}"] if answer.status != status else []
        if answer.body or answer.value(b"transfer-encoding"):
            faults.append("it has a body, or says that it has")
        if not _closes(answer):
            faults += await _in_step(trial, wire)
    return judged(f"{status} without a body, the connection in step", faults)


async def _encoded(trial: Trial, accepts: bytes) -> Told:
    """A body that comes back says truly how it is encoded, and is one that the client accepts."""
    scene = trial.scene()
    plain = answered(trial.model, scene.nonce, 4000)

    async def script(arrival: Arrival, way: Way) -> None:
        if b"gzip" in b",".join(arrival.values(b"accept-encoding")):
            await way.send(response(gzip.compress(plain), b"200 OK", b"content-encoding: gzip"))
        else:
            await way.send(response(plain))

    scene.script = script
    trip = await trial.post(scene, b"Accept-Encoding: " + accepts)
    trip.arrived()
    coding = (trip.answer.value(b"content-encoding") or b"identity").decode("latin-1")
    if coding not in {"identity", accepts.decode()}:
        return failed(f"it came back in {coding}, which was not asked for")
    try:
        body = gzip.decompress(trip.answer.body) if coding == "gzip" else trip.answer.body
    except (OSError, EOFError):
        return failed("it says gzip and is none")
    return passed(f"it came back in {coding}") if scene.nonce[-16:] in body else failed("it is not what was sent")


async def _continue(trial: Trial) -> Told:
    scene = trial.scene()
    body = trial.body(scene, 2000)
    async with trial.wire() as wire:
        await wire.send(trial.head(b"POST /v1/messages", b"Expect: 100-continue", size=len(body)))
        status = await wire.informed()
        if status >= 200:
            return failed(f"answered {status} before the body was sent")
        await wire.send(body)
        answer = await wire.answer()
    faults = [] if answer.status == 200 else [f"answered {answer.status} once the body was sent"]
    if not scene.arrivals or scene.nonce not in scene.arrivals[0].body:
        faults.append("the body did not arrive")
    return judged(f"{status}, then the answer", faults)


async def _trailers(trial: Trial) -> Told:
    scene = trial.scene()
    body = answered(trial.model, scene.nonce)
    head = b"\r\n".join(
        (b"HTTP/1.1 200 OK", JSON, b"trailer: x-carnet-trailer", b"transfer-encoding: chunked", b"", b"")
    )
    scene.script = always(head + chunk(body) + b"0\r\n%b: %b\r\n\r\n" % TRAILER)
    trip = await trial.post(scene, b"TE: trailers")  # codespell:ignore te
    trip.arrived()
    if TRAILER in trip.answer.trailers:
        return passed("the trailer came back behind the body")
    return failed("the trailer is gone")


CHECKS = (
    Check("http.head", Basis.HTTP, "the answer to HEAD has no body; the connection stays in step", _head),
    *(
        Check(
            f"http.{status}",
            Basis.HTTP,
            f"an upstream's {status} comes back as one, without a body; the connection stays in step",
            partial(_no_body, status=status),
        )
        for status in NO_BODY
    ),
    Check(
        "http.gzip",
        Basis.HTTP,
        "to a client that accepts gzip a response comes back in gzip or plain, and says which",
        partial(_encoded, accepts=b"gzip"),
    ),
    Check(
        "http.identity",
        Basis.HTTP,
        "to a client that accepts nothing else a response comes back plain",
        partial(_encoded, accepts=b"identity"),
    ),
    Check("http.continue", Basis.HTTP, "a client that waits for 100 gets it, and its body arrives", _continue),
    Check("http.trailers", Basis.FIDELITY, "trailers of a response come back; a gateway may drop them", _trailers),
)

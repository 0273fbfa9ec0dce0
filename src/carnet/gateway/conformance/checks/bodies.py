"""Bodies: identical in both directions, whatever is in them; fields nobody knows; the order of `system`."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.conformance.check import Basis, Check, failed, judged, passed
from carnet.gateway.conformance.saying import always, answered, response

if TYPE_CHECKING:
    from carnet.gateway.conformance.check import Told
    from carnet.gateway.conformance.trial import Trial

SIZES = (("1k", 1 << 10), ("85k", 85 << 10), ("2m", 2 << 20))
BILLING = "x-anthropic-billing-header: cc_version=0.0.0; carnet-check"
UNKNOWN = b',"carnet_unknown":{"deep":[1.0,{"x":null}]},"metadata":{"user_id":"{\\"a\\":1}","carnet_unknown":true}'
PAIRED = (
    b',"thinking":{"type":"adaptive"},"output_config":{"effort":"high"},'
    b'"context_management":{"edits":[{"type":"clear_thinking_20251015"}]}'
)
SYSTEM = [
    {"type": "text", "text": BILLING},
    {"type": "text", "text": "second block", "cache_control": {"type": "ephemeral"}},
    {"type": "text", "text": "third block"},
]


def compared(sent: bytes, got: bytes) -> Told:
    """Whether two bodies are the same, byte for byte."""
    if sent == got:
        return passed(f"{len(sent)} bytes, SHA-256 {_sum(sent)} on both sides")
    return failed(f"{len(sent)} bytes {_sum(sent)} became {len(got)} bytes {_sum(got)}")


def _sum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


async def _request(trial: Trial, size: int) -> Told:
    scene = trial.scene()
    trip = await trial.post(scene, body=trial.body(scene, size))
    return compared(trip.sent, trip.arrived().body)


async def _response(trial: Trial, size: int) -> Told:
    scene = trial.scene()
    body = answered(trial.model, scene.nonce, size)
    scene.script = always(response(body))
    trip = await trial.post(scene)
    trip.arrived()
    return compared(body, trip.answer.body)


async def _kept(trial: Trial, more: bytes, *lines: bytes) -> Told:
    """Every top-level field of `more` arrives with the value it was sent with."""
    scene = trial.scene()
    trip = await trial.post(scene, *lines, body=trial.body(scene, 0, more))
    wanted = json.loads(b"{" + more[1:] + b"}")
    arrived = _fields(trip.arrived().body)
    gone = [name for name in wanted if name not in arrived]
    changed = [name for name in wanted if name in arrived and arrived[name] != wanted[name]]
    faults = [f"{name} is gone" for name in gone] + [f"{name} was changed" for name in changed]
    return judged(f"{', '.join(wanted)} arrived as sent", faults)


async def _system(trial: Trial) -> Told:
    scene = trial.scene()
    more = b',"system":' + json.dumps(SYSTEM).encode()
    trip = await trial.post(scene, body=trial.body(scene, 0, more))
    system = _fields(trip.arrived().body).get("system")
    if system == SYSTEM:
        return passed("3 blocks in their order, the attribution block alone and first")
    blocks = system if isinstance(system, list) else [system]
    return failed(f"system arrived otherwise, as {len(blocks)} block(s)")


async def _chunked(trial: Trial) -> Told:
    scene = trial.scene()
    body = trial.body(scene, 3000)
    pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
    async with trial.wire() as wire:
        await wire.send(trial.head(b"POST /v1/messages", b"Transfer-Encoding: chunked"))
        for piece in pieces:
            await wire.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        await wire.send(b"0\r\n\r\n")
        answer = await wire.answer()
    if not scene.arrivals:
        return failed(f"the gateway answered {answer.status} itself")
    return compared(body, scene.arrivals[0].body)


def _fields(body: bytes) -> dict[str, object]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


_BETAS = b"anthropic-beta: interleaved-thinking-2025-05-14,effort-2025-11-24,context-management-2025-06-27"

CHECKS = (
    *(
        Check(
            f"request.body-{name}",
            Basis.FIDELITY,
            f"a request's body of {name.upper()}B arrives byte for byte",
            partial(_request, size=size),
        )
        for name, size in SIZES
    ),
    *(
        Check(
            f"response.body-{name}",
            Basis.FIDELITY,
            f"a response's body of {name.upper()}B comes back byte for byte",
            partial(_response, size=size),
        )
        for name, size in SIZES
    ),
    Check(
        "request.unknown-fields",
        Basis.CONTRACT,
        "fields of a body that the gateway does not know go through",
        partial(_kept, more=UNKNOWN),
    ),
    Check(
        "request.paired-fields",
        Basis.CONTRACT,
        "fields that belong to a beta header go through with it",
        lambda trial: _kept(trial, PAIRED, _BETAS),
    ),
    Check(
        "request.system-order",
        Basis.CONTRACT,
        "the blocks of `system` keep their order, the attribution block alone and first",
        _system,
    ),
    Check(
        "request.chunked",
        Basis.HTTP,
        "a request's body in chunks arrives as the same body",
        _chunked,
    ),
)  # fmt: skip

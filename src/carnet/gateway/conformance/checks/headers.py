"""Headers and the query: open lists in both directions, in their order; hop-by-hop headers end at the gateway."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.conformance.check import Basis, Check, failed, judged, passed
from carnet.gateway.conformance.saying import always, answered, response

if TYPE_CHECKING:
    from carnet.gateway.conformance.check import Told
    from carnet.gateway.conformance.trial import Trial

BETAS = b"zeta-2031-01-01,context-management-2025-06-27,alpha-2030-12-31,effort-2025-11-24"
NEW_VERSION = b"2031-04-01"
UNKNOWN = (
    (b"anthropic-carnet-unknown", b"Kept; As=Is"),
    (b"x-claude-code-carnet-unknown", b"kept"),
    (b"x-carnet-unknown", b"kept, too"),
)
BYTES = ((b"x-carnet-bytes", b"\xc3\xa9t\xc3\xa9 \xff"),)
CLIENT = (
    (b"x-claude-code-session-id", b"5d8c0a52-0000-4000-8000-c0ffee000001"),
    (b"x-claude-code-agent-id", b"agent-carnet"),
    (b"x-app", b"cli"),
    (b"user-agent", b"carnet-conformance/1 (external, check)"),
)
ANSWERED = (
    (b"request-id", b"req_carnet"),
    (b"anthropic-ratelimit-requests-remaining", b"41"),
    (b"anthropic-organization-id", b"00000000-carnet"),
    (b"x-carnet-unknown", b"kept"),
)
QUERY = b"?beta=true&carnet=a%2Fb+c&empty="


async def _arrive(trial: Trial, pairs: tuple[tuple[bytes, bytes], ...]) -> Told:
    """Each of these headers arrives with its value."""
    trip = await trial.post(trial.scene(), *(b"%b: %b" % pair for pair in pairs))
    faults = []
    for name, value in pairs:
        values = trip.arrived().values(name)
        if values != [value]:
            faults.append(
                f"{_text(name)} arrived as {_text(b', '.join(values))}" if values else f"{_text(name)} is gone"
            )
    return judged(f"{', '.join(_text(name) for name, _ in pairs)} arrived as sent", faults)


async def _come_back(trial: Trial) -> Told:
    scene = trial.scene()
    lines = [b"%b: %b" % pair for pair in ANSWERED]
    scene.script = always(response(answered(trial.model, scene.nonce), b"200 OK", *lines))
    trip = await trial.post(scene)
    trip.arrived()
    faults = [f"{_text(name)} is gone or changed" for name, value in ANSWERED if trip.answer.values(name) != [value]]
    return judged(f"{', '.join(_text(name) for name, _ in ANSWERED)} came back as sent", faults)


async def _twice(trial: Trial) -> Told:
    trip = await trial.post(trial.scene(), b"X-Carnet-Twice: one", b"X-Carnet-Twice: two")
    values = trip.arrived().values(b"x-carnet-twice")
    if b", ".join(values).replace(b" ", b"") != b"one,two":
        return failed(f"two headers of one name arrived as {_text(b' | '.join(values)) or 'none'}")
    return passed("both arrived, in order" if len(values) == 2 else "both arrived, joined into one as RFC 9110 allows")


async def _twice_back(trial: Trial) -> Told:
    scene = trial.scene()
    lines = (b"X-Carnet-Twice: one", b"X-Carnet-Twice: two")
    scene.script = always(response(answered(trial.model, scene.nonce), b"200 OK", *lines))
    trip = await trial.post(scene)
    trip.arrived()
    values = trip.answer.values(b"x-carnet-twice")
    if b", ".join(values).replace(b" ", b"") != b"one,two":
        return failed(f"two headers of one name came back as {_text(b' | '.join(values)) or 'none'}")
    return passed("both came back, in order")


async def _query(trial: Trial) -> Told:
    trip = await trial.post(trial.scene(), target=b"/v1/messages" + QUERY)
    path, mark, query = trip.arrived().target.partition(b"?")
    if mark + query == QUERY:
        return passed(f"{_text(path)} with the query as sent")
    return failed(f"{_text(QUERY)} arrived as {_text(mark + query) or 'nothing'}")


async def _hop(trial: Trial) -> Told:
    lines = (
        b"Connection: keep-alive, X-Carnet-Hop",
        b"X-Carnet-Hop: 1",
        b"Keep-Alive: timeout=5",
        b"Proxy-Authorization: Basic eA==",
    )
    trip = await trial.post(trial.scene(), *lines)
    names = (b"x-carnet-hop", b"keep-alive", b"proxy-authorization")
    faults = [f"{_text(name)} was passed on" for name in names if trip.arrived().values(name)]
    return judged("headers of one connection ended at the gateway", faults)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


CHECKS = (
    Check("request.query", Basis.CONTRACT, "the query arrives as it was sent (`?beta=true`)", _query),
    Check(
        "request.beta",
        Basis.CONTRACT,
        "anthropic-beta arrives verbatim: same names, same order, unknown ones too",
        partial(_arrive, pairs=((b"anthropic-beta", BETAS),)),
    ),
    Check(
        "request.version",
        Basis.CONTRACT,
        "anthropic-version arrives verbatim, a future one too",
        partial(_arrive, pairs=((b"anthropic-version", NEW_VERSION),)),
    ),
    Check(
        "request.unknown-headers",
        Basis.CONTRACT,
        "headers that the gateway does not know go through",
        partial(_arrive, pairs=UNKNOWN),
    ),
    Check(
        "request.header-bytes",
        Basis.HTTP,
        "a value beyond ASCII goes through as its bytes",
        partial(_arrive, pairs=BYTES),
    ),
    Check(
        "request.client-headers",
        Basis.FIDELITY,
        "the client's own headers (session, agent, x-app, user-agent) go through; a gateway may consume them",
        partial(_arrive, pairs=CLIENT),
    ),
    Check("request.duplicate-headers", Basis.HTTP, "two headers of one name arrive as two values, in order", _twice),
    Check("request.hop-by-hop", Basis.HTTP, "what belongs to one connection is not passed on", _hop),
    Check("response.headers", Basis.CONTRACT, "headers of the response come back, unknown ones too", _come_back),
    Check("response.duplicate-headers", Basis.HTTP, "two headers of one name come back as two values", _twice_back),
)  # fmt: skip

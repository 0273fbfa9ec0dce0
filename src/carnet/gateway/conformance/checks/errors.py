"""Errors of the upstream: status, body and what tells the client when to try again come back as they were."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.conformance.check import Basis, Check, judged
from carnet.gateway.conformance.saying import always, refused, response

if TYPE_CHECKING:
    from carnet.gateway.conformance.check import Told
    from carnet.gateway.conformance.trial import Trial

CASES = (
    ("400", b"400 Bad Request", "invalid_request_error", (b"request-id: req_carnet",)),
    ("401", b"401 Unauthorized", "authentication_error", ()),
    ("404", b"404 Not Found", "not_found_error", ()),
    ("413", b"413 Payload Too Large", "request_too_large", ()),
    ("429", b"429 Too Many Requests", "rate_limit_error",
     (b"retry-after: 7", b"anthropic-ratelimit-requests-reset: 2031-01-01T00:00:00Z")),
    ("500", b"500 Internal Server Error", "api_error", (b"x-should-retry: false",)),
    ("529", b"529 Overloaded", "overloaded_error", (b"retry-after: 7", b"x-should-retry: true")),
)  # fmt: skip
MESSAGE = "thinking.type: carnet wording that a client matches (\\u2026)"


async def _error(trial: Trial, status: bytes, kind: str, lines: tuple[bytes, ...], stream: bool = False) -> Told:  # noqa: FBT001, FBT002 - bound by name below
    body = refused(kind, MESSAGE)
    scene = trial.scene(always(response(body, status, *lines)))
    trip = await trial.post(scene, body=trial.body(scene, 0, b',"stream":true' if stream else b""))
    trip.arrived()
    faults = []
    if trip.answer.status != int(status[:3]):
        faults.append(f"{int(status[:3])} became {trip.answer.status}")
    if trip.answer.body != body:
        faults.append(f"the body of {len(body)} bytes became another of {len(trip.answer.body)}")
    for line in lines:
        name, _, value = line.partition(b": ")
        if trip.answer.value(name) != value:
            faults.append(f"{name.decode()} is gone or changed")
    more = f" (the gateway asked {len(scene.arrivals)} times)" if len(scene.arrivals) > 1 else ""
    return judged("status, body and headers as the upstream sent them" + more, faults)


CHECKS = (
    *(
        Check(
            f"error.{name}",
            Basis.CONTRACT,
            f"an upstream's {name} comes back unmodified" + (", with what says when to retry" if lines else ""),
            partial(_error, status=status, kind=kind, lines=lines),
        )
        for name, status, kind, lines in CASES
    ),
    Check(
        "error.before-stream",
        Basis.CONTRACT,
        "an error instead of a stream comes back as that error",
        partial(_error, status=b"400 Bad Request", kind="invalid_request_error", lines=(), stream=True),
    ),
)

"""What a client asks beside messages: whether anybody is there, which models there are, how many tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carnet.gateway.conformance.check import Basis, Check, failed, judged, passed
from carnet.gateway.conformance.checks.bodies import compared
from carnet.gateway.conformance.saying import always, response

if TYPE_CHECKING:
    from carnet.gateway.conformance.check import Told
    from carnet.gateway.conformance.trial import Trial
    from carnet.gateway.conformance.upstream import Arrival, Way

MODELS = (
    b'{"data":[{"type":"model","id":"claude-carnet-1" ,"display_name":"Carnet \\u2026",'
    b'"created_at":"2031-01-01T00:00:00Z"}],"has_more" : false,'
    b'"first_id":"claude-carnet-1","last_id":"claude-carnet-1"}'
)
COUNT = b'{"input_tokens" : 2095}'
ABSENT = frozenset({404, 405, 501})


async def _hello(trial: Trial) -> Told:
    scene = trial.scene(always(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n"))
    async with trial.wire() as wire:
        await wire.send(trial.head(b"HEAD /api/hello"))
        answer = await wire.head(b"HEAD")
    faults = [f"it is redirected ({answer.status})"] if 300 <= answer.status < 400 else []
    if answer.status >= 500:
        faults.append(f"it is answered {answer.status}")
    what = "it reached the upstream" if scene.arrivals else "the gateway answered itself, as it may"
    return judged(f"{answer.status}: {what}", faults)


async def _models(trial: Trial) -> Told:
    scene = trial.scene(always(response(MODELS)))
    trip = await trial.ask(scene, b"GET /v1/models?limit=1000")
    answer = trip.answer
    if 300 <= answer.status < 400:
        return failed(f"it is redirected ({answer.status})")
    if answer.status != 200:
        return failed(f"it is answered {answer.status}")
    if not scene.arrivals:
        ids = _ids(answer.body)
        return passed(f"the gateway answered itself, {len(ids)} model(s)") if ids else failed("no data[].id in it")
    faults = [] if scene.arrivals[0].target.endswith(b"/v1/models?limit=1000") else ["the query was changed"]
    if answer.body != MODELS:
        faults.append("the list was changed")
    return judged("the upstream's list, byte for byte", faults)


def _ids(body: bytes) -> list[str]:
    try:
        return [one["id"] for one in json.loads(body)["data"] if isinstance(one["id"], str)]
    except (ValueError, TypeError, KeyError):
        return []


async def _count(trial: Trial) -> Told:
    async def script(arrival: Arrival, way: Way) -> None:
        counted = arrival.target.partition(b"?")[0].endswith(b"/count_tokens")
        await way.send(response(COUNT if counted else b"{}"))

    trip = await trial.post(trial.scene(script), target=b"/v1/messages/count_tokens?beta=true")
    if not trip.scene.arrivals and trip.answer.status in ABSENT:
        return passed(f"absent ({trip.answer.status}), which is allowed: clients count by asking the model")
    if not trip.scene.arrivals and trip.answer.status == 200 and b'"input_tokens"' in trip.answer.body:
        return passed("the gateway counted by itself, as it may")
    if not trip.arrived().target.partition(b"?")[0].endswith(b"/v1/messages/count_tokens"):
        return failed("something else was asked of the upstream")
    return compared(COUNT, trip.answer.body)


CHECKS = (
    Check("hello.head", Basis.CONTRACT, "HEAD /api/hello is answered, by a refusal if need be; no redirect", _hello),
    Check("models.list", Basis.CONTRACT, "GET /v1/models?limit=1000 is answered without a redirect", _models),
    Check("count-tokens", Basis.CONTRACT, "count_tokens is answered with a count, or is absent", _count),
)

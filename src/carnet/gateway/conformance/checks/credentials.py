"""Credentials: either form is accepted, and none of the client's ever reaches the upstream."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.conformance.check import Basis, Check, failed, not_tried, passed

if TYPE_CHECKING:
    from carnet.gateway.conformance.check import Told
    from carnet.gateway.conformance.trial import Trial

NO_KEY = "no key was given"


def unlike(key: bytes) -> bytes:
    """Another key that looks like this one."""
    other = key[:4] + b"x" * max(len(key) - 4, 16)
    return other if other != key else other + b"x"


def lines_of(form: str, key: bytes) -> tuple[bytes, ...]:
    """A key as headers show it: x-api-key, bearer or both."""
    api, bearer = b"x-api-key: " + key, b"Authorization: Bearer " + key
    return {"x-api-key": (api,), "bearer": (bearer,), "both": (bearer, api)}[form]


async def _accepted(trial: Trial, form: str) -> Told:
    if not trial.key:
        return not_tried(NO_KEY)
    trip = await trial.post(trial.scene(), credential=lines_of(form, trial.key))
    if trip.scene.arrivals and trip.answer.status == 200:
        return passed("accepted")
    return failed(f"answered {trip.answer.status}")


async def _refused(trial: Trial) -> Told:
    if not trial.key:
        return not_tried(NO_KEY)
    trip = await trial.post(trial.scene(), credential=lines_of("x-api-key", unlike(trial.key)))
    if trip.scene.arrivals:
        return failed("a key that does not exist was let through")
    if trip.answer.status not in {401, 403}:
        return failed(f"refused with {trip.answer.status}, not with 401 or 403")
    return passed(f"refused with {trip.answer.status}; nothing arrived")


async def _hidden(trial: Trial) -> Told:
    """Over everything that arrived in this run."""
    if not trial.key:
        return not_tried(NO_KEY)
    for form in ("x-api-key", "bearer", "both"):
        await trial.post(trial.scene(), credential=lines_of(form, trial.key))
    arrivals = trial.upstream.arrivals
    if not arrivals:
        return failed("nothing arrived")
    seen = sum(trial.key in one.head or trial.key in one.body for one in arrivals)
    if seen:
        return failed(f"the client's key stood in {seen} of {len(arrivals)} requests that arrived")
    return passed(f"in none of {len(arrivals)} requests that arrived")


CHECKS = (
    *(
        Check(f"credential.{form}", Basis.CONTRACT, f"a key shown as {form} is accepted", partial(_accepted, form=form))
        for form in ("x-api-key", "bearer", "both")
    ),
    Check("credential.wrong", Basis.CONTRACT, "a key that does not exist is refused; nothing arrives", _refused),
    Check("credential.hidden", Basis.FIDELITY, "the client's key never reaches the upstream", _hidden),
)

"""What is against what is wanted: one finding for each difference."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from carnet.agent.secrets import shown
from carnet.agent.want import RETENTION
from carnet.errors import CarnetError
from carnet.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.model.flow import Control
    from carnet.model.machine import Machine
    from carnet.model.verdict import Verdict
    from carnet.model.want import Want

UNKNOWN = "want.unknown"
"""Id of the finding that makes an audit end with 3: whether it is as wanted could not be told."""
PERIOD = ("cleanupPeriodDays", 30)
"""The key of the local period, and what the agent takes where it is not set."""


def compare_want(
    want: Want, verdicts: Sequence[Verdict], machine: Machine, controls: Sequence[Control] = ()
) -> list[Finding]:
    """Every difference. Raises CarnetError where the policy names a flow that is none."""
    known = {verdict.flow: verdict for verdict in verdicts}
    if missing := [flow for flow in want.flows if flow not in known]:
        raise CarnetError(f"{want.file}: flows.{missing[0]} is no flow; there are: {', '.join(known)}")
    found = [one for flow in want.flows for one in _flow(want, known[flow], machine, controls)]
    found += [one for verdict in verdicts for one in _reach(want, verdict)]
    return [*found, *_local(want, known, machine), *_hosts(want, machine), *_set(want, machine)]


def _flow(want: Want, verdict: Verdict, machine: Machine, controls: Sequence[Control]) -> Iterator[Finding]:
    wanted = want.flows[verdict.flow]
    if verdict.verdict in wanted:
        return
    words = " or ".join(wanted)
    if verdict.verdict == "unknown":
        why = f"{', '.join(verdict.missing)} not known" if verdict.missing else "no document says"
        yield Finding(
            UNKNOWN,
            "high",
            f"{verdict.flow} is wanted {words}, and whether it is cannot be told: {why}.",
            user_file(machine),
            "Name the fact (carnet explain --if FACT=VALUE), or set a control that decides it: carnet fix --want.",
            (verdict.flow,),
        )
        return
    where, fix, key = _remedy(verdict, wanted, machine, controls)
    title = f"{verdict.flow} is wanted {words}, and it is {verdict.verdict}."
    yield Finding("want.flow", "high", title, where, fix, (verdict.flow,), key)


def _remedy(
    verdict: Verdict, wanted: Sequence[str], machine: Machine, controls: Sequence[Control]
) -> tuple[str, str, str]:
    """(where it is set, what to do, which control)."""
    own = sorted((one for one in controls if verdict.flow in one.disables), key=lambda one: len(one.disables))
    for control in own:
        family, _, name = control.fact.partition(".")
        located = (machine.env if family == "env" else machine.settings).get(name)
        if located is not None and wanted[0] != "off":
            return located.place, f"Remove {name} there; carnet fix --want prints the change.", control.fact
    if own and wanted[0] == "off":
        return user_file(machine), f"{_switched(own[0])}; carnet fix --want prints the change.", own[0].fact
    return user_file(machine), "carnet explain tells what would change it; carnet fix --want tries.", ""


def _switched(control: Control) -> str:
    family, _, name = control.fact.partition(".")
    value = "0" if control.kind == "rate" else "true"
    return f"Set {name}=1" if family == "env" else f"Set {name}: {value}"


def user_file(machine: Machine) -> str:
    """The user's settings file, where a change would go."""
    return next((source.file for source in machine.sources if source.layer == "user"), machine.home or "this machine")


def _reach(want: Want, verdict: Verdict) -> Iterator[Finding]:
    """Who receives it, how long it is kept, whether it may train: only of what leaves the machine."""
    if verdict.verdict in {"off", "unknown", "local-only"}:
        return
    for aspect, value, why in _too_far(want, verdict):
        severity = "medium" if value in {"unknown", "unstated"} else "high"
        told = f"{verdict.flow}: {aspect} {value}, {why}."
        yield Finding(
            f"want.{aspect}",
            severity,
            told,
            want.file,
            f"Turn {verdict.flow} off where nobody needs it, or allow it in the policy.",
            (verdict.flow,),
        )


def _too_far(want: Want, verdict: Verdict) -> Iterator[tuple[str, str, str]]:
    if want.recipients is not None:
        for one in verdict.recipients:
            if one not in want.recipients:
                yield "recipient", one, f"and only {', '.join(want.recipients) or 'nobody'} may be one"
    if want.retention is not None:
        allowed = RETENTION[: RETENTION.index(want.retention) + 1]
        if verdict.retention not in allowed:
            yield "retention", verdict.retention, f"and at most {want.retention} is wanted"
    if want.training is False and verdict.training != "no":
        yield "training", verdict.training, "and none is wanted"


def _local(want: Want, known: dict[str, Verdict], machine: Machine) -> Iterator[Finding]:
    key, default = PERIOD
    local = known.get("local-transcripts")
    if want.local_days is None or (local is not None and local.verdict == "off"):
        return
    located = machine.settings.get(key)
    days = located.value if located is not None and isinstance(located.value, int) else default
    if days > want.local_days:
        yield Finding(
            "want.local-days",
            "medium",
            f"Transcripts are kept {days} days on this machine, and at most {want.local_days} are wanted.",
            located.place if located is not None else user_file(machine),
            f"Set {key}: {want.local_days}; carnet fix --want prints the change.",
            ("local-transcripts",),
            f"settings.{key}",
        )


def _hosts(want: Want, machine: Machine) -> Iterator[Finding]:
    if want.hosts is None:
        return
    named = [(f"env.{name}", one) for name, one in machine.env.items()]
    named += [(f"settings.{name}", one) for name, one in machine.settings.items()]
    for fact, located in named:
        host = _host(located.value)
        if host and not any(fnmatchcase(host, pattern.lower()) for pattern in want.hosts):
            name = fact.partition(".")[2]
            title = f"{name} names the host {host}, which the policy does not allow."
            fix = f"Remove {name} there, or allow the host in the policy."
            yield Finding("want.host", "high", title, located.place, fix, (), fact)


def _host(value: object) -> str:
    """The host of a value that is an address; empty for any other."""
    if not isinstance(value, str) or "://" not in value:
        return ""
    try:
        return (urlsplit(value.strip()).hostname or "").lower()
    except ValueError:
        return value.lower()


def _set(want: Want, machine: Machine) -> Iterator[Finding]:
    for family, wanted, there in (
        ("env", want.env, machine.env),
        ("settings", want.settings, machine.settings),
    ):
        for name, value in wanted.items():
            located = there.get(name)
            if located is not None and _same(located.value, value):
                continue
            now = f"is {shown(name, located.value)!r}" if located is not None else "is not set"
            yield Finding(
                f"want.{family}",
                "high",
                f"{name} is wanted {shown(name, value)!r}, and it {now}.",
                located.place if located is not None else user_file(machine),
                "carnet fix --want prints the change.",
                (),
                f"{family}.{name}",
            )


def _same(one: object, other: object) -> bool:
    """Equal as JSON values: 1 is not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and one == other

"""What intake counts, as Prometheus reads it. No label holds what a client sent; paths of fields are those of the list.

Counters begin with 0 when the process does. What zero data retention forbade is written nowhere and not told either.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from carnet.errors import CarnetError, NotFoundError
from carnet.gateway.intake.counting import FORBIDDEN, OVERLOADED, REFUSED
from carnet.gateway.intake.forwarding import behind
from carnet.gateway.metrics import Family

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from carnet.gateway.intake.taking import Intake
    from carnet.stores.records_contract import RecordStore

    Numbers = Mapping[tuple[str, ...], float]

MOST_PATHS = 100
"""Paths of a protocol that are told one by one, the first that came; all others are one."""
OTHER = "other"

REPORTS = Family(
    "carnet_intake_reports_total", "Reports that policy allowed, and what became of them.", ("flow", "outcome")
)
FORBIDDING = Family(
    "carnet_intake_forbidden_total", "Reports discarded by policy, answered as if kept.", ("flow", "rule")
)
REFUSALS = Family("carnet_intake_refused_total", "Requests that were refused.", ("protocol", "status"))
CROWDED = Family("carnet_intake_overloaded_total", "Requests told to come again, as there was no room.", ("protocol",))
FIELDS = Family("carnet_intake_dropped_fields_total", "Fields that no list names, by their path.", ("protocol", "path"))
CHECKS = Family("carnet_intake_domain_checks_total", "Checks of host names, by the reason of the answer.", ("reason",))
AWAY = Family("carnet_intake_store_away", "1 while reports cannot be written to the store.", (), "max")
WAITING = Family("carnet_intake_requests_waiting", "Requests whose reports are not durable yet.", (), "now")
ROOM = Family("carnet_intake_room_bytes", "Memory that requests under way have.", (), "now")
SPOOL = Family("carnet_intake_spool_bytes", "Sealed bytes that wait for the store, the relay's too.", (), "max")
SINK_RECORDS = Family(
    "carnet_intake_sink_records_total", "Records forwarded, refused by the collector, or too old.", ("sink", "outcome")
)
SINK_BEHIND = Family("carnet_intake_sink_behind_seconds", "How long what waits has waited.", ("sink",), "now")
SINK_FAULT = Family("carnet_intake_sink_failing", "1 while nothing gets through.", ("sink",), "max")
SINK_UNTOLD = Family("carnet_intake_sink_untold_sessions", "Deletions that were not told yet.", ("sink",), "now")


def exposition(intake: Intake | None, checks: Mapping[str, int], store: RecordStore | None, now: datetime) -> str:
    """Everything; `intake` is None before the first report, the store where there are no records."""
    found: dict[Family, Numbers] = {
        **_counted(intake.counts.since_start() if intake is not None else {}),
        CHECKS: {(reason,): number for reason, number in checks.items()},
        **(_present(intake) if intake is not None else {one: {} for one in (AWAY, WAITING, ROOM, SPOOL)}),
        **(_sinks(store, now) if store is not None else {}),
    }
    return "".join(f"{line}\n" for family, numbers in found.items() for line in family.lines(numbers))


def _present(intake: Intake) -> dict[Family, Numbers]:
    return {
        AWAY: {(): float(intake.desk.away)},
        WAITING: {(): intake.desk.waiting},
        ROOM: {(): intake.room.taken},
        SPOOL: {(): intake.spool.size},
    }


def _sinks(store: RecordStore, now: datetime) -> dict[Family, Numbers]:
    found: dict[Family, dict[tuple[str, ...], float]] = {
        one: {} for one in (SINK_RECORDS, SINK_BEHIND, SINK_FAULT, SINK_UNTOLD)
    }
    with suppress(CarnetError):  # the store cannot be read: everything else is told all the same
        _tell_sinks(store, now, found)
    return dict(found)


def _tell_sinks(store: RecordStore, now: datetime, found: Mapping[Family, dict[tuple[str, ...], float]]) -> None:
    for one in store.sinks.listed():
        with suppress(NotFoundError):  # it was removed meanwhile
            how, name = store.sinks.progress(one.name), (one.name,)
            for outcome, number in (("sent", how.sent), ("refused", how.refused), ("dropped", how.dropped)):
                found[SINK_RECORDS][one.name, outcome] = number
            found[SINK_BEHIND][name] = behind(how, now).total_seconds()
            found[SINK_FAULT][name] = float(bool(how.fault))
            found[SINK_UNTOLD][name] = store.sinks.waiting(one.name)


def _counted(counted: Mapping[tuple[str, str], int]) -> dict[Family, Numbers]:
    found: dict[Family, Counter[tuple[str, ...]]] = {
        one: Counter() for one in (REPORTS, FORBIDDING, REFUSALS, CROWDED, FIELDS)
    }
    paths = Counter[str]()
    for (flow, what), number in counted.items():
        kind, _, name = what.partition(":")
        if not name:
            family, labels = (CROWDED, (flow,)) if kind == OVERLOADED else (REPORTS, (flow, kind))
        elif kind in _NAMED:
            family, labels = _NAMED[kind], (flow, name)
        else:
            paths[flow] += 1
            family, labels = FIELDS, (flow, name if paths[flow] <= MOST_PATHS else OTHER)
        found[family][labels] += number
    return dict(found)


_NAMED = {FORBIDDEN: FORBIDDING, REFUSED: REFUSALS}

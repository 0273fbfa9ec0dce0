"""What the relay counts, as Prometheus reads it. No label holds anything that a client sent."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class Counter:
    """A number that only grows, one for each combination of labels."""

    def __init__(self, name: str, about: str, *labels: str) -> None:
        self.name = name
        self.about = about
        self.labels = labels
        self.counts: dict[tuple[str, ...], int] = {}

    def add(self, *values: str, count: int = 1) -> None:
        self.counts[values] = self.counts.get(values, 0) + count

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.about}"
        yield f"# TYPE {self.name} counter"
        for values, count in sorted(self.counts.items()):
            yield f"{self.name}{_labels(self.labels, values)} {count}"


class Histogram:
    """How often a length of time fell into which bucket."""

    def __init__(self, name: str, about: str, bounds: Sequence[float] = SECONDS) -> None:
        self.name = name
        self.about = about
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum += seconds

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.about}"
        yield f"# TYPE {self.name} histogram"
        below = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            below += count
            yield f'{self.name}_bucket{{le="{bound}"}} {below}'
        yield f"{self.name}_sum {self.sum:.6f}"
        yield f"{self.name}_count {below}"


class Gauge:
    """A number that is asked for when it is shown."""

    def __init__(self, name: str, about: str, ask: Callable[[], int]) -> None:
        self.name = name
        self.about = about
        self.ask = ask

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.about}"
        yield f"# TYPE {self.name} gauge"
        yield f"{self.name} {self.ask()}"


@dataclass(slots=True)
class Metrics:
    """All of one process."""

    exchanges: Counter = field(
        default_factory=lambda: Counter("carnet_relay_exchanges_total", "Exchanges by route and end.", "route", "how")
    )
    responses: Counter = field(
        default_factory=lambda: Counter("carnet_relay_responses_total", "Responses relayed, by status.", "status")
    )
    refused: Counter = field(
        default_factory=lambda: Counter("carnet_relay_refused_total", "Requests answered here.", "status", "why")
    )
    upstream_faults: Counter = field(
        default_factory=lambda: Counter(
            "carnet_relay_upstream_faults_total", "What went wrong with upstreams.", "upstream", "what"
        )
    )
    late: Counter = field(
        default_factory=lambda: Counter(
            "carnet_relay_late_total", "Responses that ended before their record was durable, as the store hung."
        )
    )
    unrecorded: Counter = field(
        default_factory=lambda: Counter(
            "carnet_relay_unrecorded_total",
            "Exchanges that should have been recorded and were not, or not whole.",
            "step",
        )
    )
    faults: Counter = field(
        default_factory=lambda: Counter("carnet_relay_faults_total", "Faults of Carnet itself.", "where")
    )
    connections: Counter = field(
        default_factory=lambda: Counter("carnet_relay_upstream_connections_total", "Connections made.", "upstream")
    )
    request_bytes: Counter = field(
        default_factory=lambda: Counter("carnet_relay_request_bytes_total", "Bytes of bodies sent upstream.")
    )
    response_bytes: Counter = field(
        default_factory=lambda: Counter("carnet_relay_response_bytes_total", "Bytes of bodies relayed back.")
    )
    first_byte: Histogram = field(
        default_factory=lambda: Histogram("carnet_relay_first_byte_seconds", "From the request sent to the first byte.")
    )
    seconds: Histogram = field(
        default_factory=lambda: Histogram("carnet_relay_exchange_seconds", "From the head read to the end.")
    )
    gauges: list[Gauge] = field(default_factory=list)

    def text(self) -> str:
        """All of it, in the exposition format."""
        shown: list[Counter | Histogram | Gauge] = [
            self.exchanges, self.responses, self.refused, self.upstream_faults, self.unrecorded, self.late,
            self.faults,
            self.connections, self.request_bytes, self.response_bytes, self.first_byte, self.seconds, *self.gauges,
        ]  # fmt: skip
        return "".join(f"{line}\n" for each in shown for line in each.lines())


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True)) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

"""What the relay counts, as Prometheus reads it: all its processes in one answer. No label holds what a client sent."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.gateway.board import Board
from carnet.gateway.contract import How

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from carnet.gateway.cells import Cells, Kind

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_BETWEEN = "\x1f"
"""Between the name of a family and the values of its labels, in the name of a number."""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: the numbers that share a name, and how they are shown."""

    name: str
    about: str
    labels: tuple[str, ...] = ()
    kind: Kind = "sum"
    bounds: tuple[float, ...] = ()
    """Of a histogram's buckets; empty: it is none."""

    def lines(self, numbers: Mapping[tuple[str, ...], float]) -> Iterator[str]:
        """In the exposition format; `numbers` by values of labels."""
        yield f"# HELP {self.name} {self.about}"
        kind = "histogram" if self.bounds else "counter" if self.kind == "sum" else "gauge"
        yield f"# TYPE {self.name} {kind}"
        if self.bounds:
            yield from self._buckets(numbers)
            return
        shown = numbers if self.labels or numbers else {(): 0.0}
        for values, number in sorted(shown.items()):
            yield f"{self.name}{_labels(self.labels, values)} {_number(number)}"

    def _buckets(self, numbers: Mapping[tuple[str, ...], float]) -> Iterator[str]:
        below = 0.0
        for bound in (*map(str, self.bounds), "+Inf"):
            below += numbers.get((bound,), 0.0)
            yield f'{self.name}_bucket{{le="{bound}"}} {_number(below)}'
        yield f"{self.name}_sum {numbers.get(('sum',), 0.0):.6f}"
        yield f"{self.name}_count {_number(below)}"


EXCHANGES = Family("carnet_relay_exchanges_total", "Exchanges by route and end.", ("route", "how"))
RESPONSES = Family("carnet_relay_responses_total", "Responses relayed, by status.", ("status",))
REFUSED = Family("carnet_relay_refused_total", "Requests answered here.", ("status", "why"))
UPSTREAM_FAULTS = Family("carnet_relay_upstream_faults_total", "What went wrong with upstreams.", ("upstream", "what"))
UNRECORDED = Family(
    "carnet_relay_unrecorded_total", "Exchanges that should have been recorded and were not, or not whole.", ("step",)
)
RECORDS = Family(
    "carnet_relay_records_total",
    "Exchanges by what became of their record; what was spooled is kept later.",
    ("outcome",),
)
LATE = Family("carnet_relay_late_total", "Responses that ended before their record was durable, as the store hung.")
FAULTS = Family("carnet_relay_faults_total", "Faults of Carnet itself.", ("where",))
CONNECTIONS = Family("carnet_relay_upstream_connections_total", "Connections made.", ("upstream",))
REQUEST_BYTES = Family("carnet_relay_request_bytes_total", "Bytes of bodies sent upstream.")
RESPONSE_BYTES = Family("carnet_relay_response_bytes_total", "Bytes of bodies relayed back.")
LOG_LEFT_OUT = Family("carnet_relay_log_left_out_total", "Lines of the log that were left out to bound it.")
FIRST_BYTE = Family(
    "carnet_relay_first_byte_seconds", "From the request sent to the first byte.", ("le",), "sum", SECONDS
)
EXCHANGE_SECONDS = Family("carnet_relay_exchange_seconds", "From the head read to the end.", ("le",), "sum", SECONDS)
PROCESSES = Family("carnet_relay_processes", "Processes of the relay, those that are leaving included.", (), "now")
CLIENTS = Family("carnet_relay_connections", "Clients connected.", (), "now")
UNDER_WAY = Family("carnet_relay_exchanges_under_way", "Exchanges under way.", (), "now")
IDLE = Family("carnet_relay_upstream_idle", "Idle connections to upstreams.", (), "now")
RECORD_BYTES = Family("carnet_relay_record_bytes", "Bytes of exchanges under way or not durable yet.", (), "now")
SPOOL_BYTES = Family("carnet_relay_spool_bytes", "Sealed bytes that wait for the store.", (), "max")
AWAY = Family("carnet_relay_store_away", "1 while the store cannot be written.", (), "max")

FAMILIES = (
    EXCHANGES, RESPONSES, REFUSED, UPSTREAM_FAULTS, UNRECORDED, RECORDS, LATE, FAULTS, CONNECTIONS, REQUEST_BYTES,
    RESPONSE_BYTES, LOG_LEFT_OUT, FIRST_BYTE, EXCHANGE_SECONDS, PROCESSES, CLIENTS, UNDER_WAY, IDLE, RECORD_BYTES,
    SPOOL_BYTES, AWAY,
)  # fmt: skip


def exposition(numbers: Mapping[tuple[str, str], float]) -> str:
    """All families, from numbers as a board gives them."""
    sorted_out: dict[str, dict[tuple[str, ...], float]] = {}
    for (_, name), number in numbers.items():
        family, *values = name.split(_BETWEEN)
        sorted_out.setdefault(family, {})[tuple(values)] = number
    return "".join(f"{line}\n" for one in FAMILIES for line in one.lines(sorted_out.get(one.name, {})))


Relayed = tuple[tuple[str, int], int, int, float, float]
"""Of an exchange: route and status, bytes of its bodies out and back, seconds to the first byte and to the end."""


class Counter:
    """A number that only grows, one for each combination of labels."""

    def __init__(self, cells: Cells, family: Family) -> None:
        self._cells = cells
        self._family = family
        self._index: dict[tuple[str, ...], int] = {}

    def add(self, *values: str, count: int = 1) -> None:
        index = self._index.get(values)
        self._cells.numbers[self.index(*values) if index is None else index] += count

    def index(self, *values: str) -> int:
        """Where the number for these labels stands."""
        if values not in self._index:
            self._index[values] = self._cells.index("sum", _BETWEEN.join((self._family.name, *values)))
        return self._index[values]

    @property
    def counts(self) -> dict[tuple[str, ...], int]:
        """What this process has counted, and those before it in its place."""
        found = {}
        for (_, name), number in self._cells.all():
            family, *values = name.split(_BETWEEN)
            if family == self._family.name:
                found[tuple(values)] = int(number)
        return found


class Histogram:
    """How often a length of time fell into which bucket."""

    def __init__(self, cells: Cells, family: Family) -> None:
        self._numbers = cells.numbers
        self._bounds = family.bounds
        names = (*map(str, family.bounds), "+Inf", "sum")
        *self._buckets, self._sum = (cells.index("sum", f"{family.name}{_BETWEEN}{name}") for name in names)

    def observe(self, seconds: float) -> None:
        self._numbers[self._buckets[bisect_left(self._bounds, seconds)]] += 1
        self._numbers[self._sum] += seconds


class Gauge:
    """A number of the present, as the process last saw it."""

    def __init__(self, cells: Cells, family: Family, ask: Callable[[], int]) -> None:
        self._numbers = cells.numbers
        self._index = cells.index(family.kind, family.name)
        self._ask = ask

    def see(self) -> None:
        """Look now."""
        self._numbers[self._index] = self._ask()


class Metrics:
    """What one process counts at its place of a board."""

    def __init__(self, board: Board | None = None, place: int = 0) -> None:
        self.board = board if board is not None else Board.private()
        self.place = place
        self.cells = cells = self.board.enter(place)
        self.exchanges = Counter(cells, EXCHANGES)
        self.responses = Counter(cells, RESPONSES)
        self.refused = Counter(cells, REFUSED)
        self.upstream_faults = Counter(cells, UPSTREAM_FAULTS)
        self.unrecorded = Counter(cells, UNRECORDED)
        self.records = Counter(cells, RECORDS)
        self.late = Counter(cells, LATE)
        self.faults = Counter(cells, FAULTS)
        self.connections = Counter(cells, CONNECTIONS)
        self.request_bytes = Counter(cells, REQUEST_BYTES)
        self.response_bytes = Counter(cells, RESPONSE_BYTES)
        self.log_left_out = Counter(cells, LOG_LEFT_OUT)
        self.first_byte = Histogram(cells, FIRST_BYTE)
        self.seconds = Histogram(cells, EXCHANGE_SECONDS)
        self._relayed: dict[tuple[str, int], tuple[int, int]] = {}
        self._sent, self._size = self.request_bytes.index(), self.response_bytes.index()
        self.gauges: list[Gauge] = []
        self.watch(PROCESSES, lambda: 1)

    def watch(self, family: Family, ask: Callable[[], int]) -> Gauge:
        """Show a number of the present, looked at every now and then and before an answer of this process."""
        self.gauges.append(Gauge(self.cells, family, ask))
        self.gauges[-1].see()
        return self.gauges[-1]

    def relayed(self, many: Sequence[Relayed]) -> None:
        """Count exchanges that went as nearly all do."""
        numbers, known, all_sent, all_size = self.cells.numbers, self._relayed, 0, 0
        for name, sent, size, first, lasted in many:
            exchanges, responses = known.get(name) or self._know(name)
            numbers[exchanges] += 1
            numbers[responses] += 1
            self.first_byte.observe(first)
            self.seconds.observe(lasted)
            all_sent += sent
            all_size += size
        numbers[self._sent] += all_sent
        numbers[self._size] += all_size

    def _know(self, name: tuple[str, int]) -> tuple[int, int]:
        found = self._relayed[name] = (
            self.exchanges.index(name[0], How.COMPLETE),
            self.responses.index(str(name[1])),
        )
        return found

    def told(self, outcome: str, number: int) -> None:
        """Count records by what became of them."""
        self.records.add(outcome, count=number)

    def see(self) -> None:
        """Look at everything of the present."""
        for one in self.gauges:
            one.see()

    def text(self) -> str:
        """All processes of the board, in the exposition format."""
        self.see()
        return exposition(self.board.numbers())


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True)) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
